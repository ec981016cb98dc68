import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatTime, languageName } from '../lib/format.js';
import { locale, t, tn } from '../lib/i18n.js';
import { ChatQuote, ChatText } from './chat-quote.js';
import { IconButton } from './button.js';
import { Icon } from './icon.js';

/** @typedef {import('../lib/types.js').Message} Message */

/** @param {import('../lib/types.js').Role} role */
function roleWord(role) {
  return { host: t('Host'), cohost: t('Co-host'), moderator: t('Moderator'), speaker: t('Speaker'), viewer: '' }[role] ?? '';
}

/**
 * One line of chat. A translated line carries a small mark; pressing it shows the original, and again the translation.
 *
 * @param {{ message: Message, mine?: boolean, me?: string, withTime?: boolean, onRetry?: (message: Message) => void, actions?: (message: Message) => any,
 *   onJump?: (quote: import('../lib/types.js').QuotedLine) => void, onWrong?: (message: Message) => void }} props `me`: my identity, for mentions; `onJump` goes to the line that is answered
 */
export function ChatLine({ message, mine, me, withTime, onRetry, actions, onJump, onWrong }) {
  const [original, setOriginal] = useState(false);
  const { author, translation } = message;
  const isTranslated = Boolean(translation && translation.text !== message.text);
  const shown = isTranslated && !original ? translation : null;
  const role = roleWord(author.role);
  const isForMe = Boolean(me) && !mine && (message.mentions?.some(({ identity }) => identity === me) || message.reply_to?.author?.identity === me);
  // The spaces are where a row can end: without them it could end only within a word.
  return html`<li data-line=${message.id} tabindex="-1" class=${`chat-line ${message.announcement ? 'is-announcement' : ''} ${isForMe ? 'is-for-me' : ''} ${mine ? 'is-mine' : ''} ${message.pending ? 'is-pending' : ''} ${message.failed ? 'is-failed' : ''} chat-role-${author.role}`}>
    <div class="chat-line-body">
      ${message.reply_to && html`<${ChatQuote} quote=${message.reply_to} onJump=${onJump} />`}
      <span class="chat-author"><bdi>${author.display_name}</bdi></span>${' '}
      ${role && html`<span class="chat-role">${role}</span>`}${' '}
      ${message.announcement && html`<span class="chat-role chat-announcement"><${Icon} name="megaphone" size=${14} />${t('Announcement')}</span>`}
      ${isForMe && html`<span class="sr-only">${t('to you')}</span>`}
      ${withTime && html`<time class="chat-time tabular" dateTime=${message.at}>${formatTime(message.at)}</time>`}${' '}
      <span class="chat-text" dir="auto" lang=${shown ? shown.locale : message.locale}><${ChatText} text=${shown ? shown.text : message.text} mentions=${message.mentions} me=${me} /></span>
      ${isTranslated &&
      html`<button type="button" class="chat-mark" aria-pressed=${original ? 'true' : 'false'} onClick=${() => setOriginal(!original)}
        title=${original ? t('Show the translation') : t('Translated from {language}. Show the original', { language: languageName(message.locale) })}>
        <${Icon} name="original" size=${14} /><span class="sr-only">${original ? t('Show the translation') : t('Show the original')}</span>
      </button>`}
      ${isTranslated && original && onWrong && html`<button type="button" class="chat-wrong" onClick=${() => onWrong(message)}>${t('This translation is wrong')}</button>`}
      ${message.held && html`<span class="chat-held">${t('A moderator looks at this line first')}</span>`}
      ${message.failed && onRetry && html`<button type="button" class="chat-retry" onClick=${() => onRetry(message)}>${t('Not sent. Try again')}</button>`}
    </div>
    ${actions?.(message)}
  </li>`;
}

/**
 * The whole chat: follows the newest line while one is at the end, else offers to jump there.
 *
 * @param {{ messages: Message[], myIdentity?: string, withTime?: boolean, onRetry?: (message: Message) => void, actions?: (message: Message) => any, empty?: any,
 *   onReply?: (message: Message) => void, onMissing?: (quote: import('../lib/types.js').QuotedLine) => void, onWrong?: (message: Message) => void, spot?: string }} props
 *   `actions` draws moderation controls beside a line; `onReply` answers one; `onMissing` shows a quoted line that is not in the list; `spot`: the
 *   line to begin at
 */
export function ChatList({ messages, myIdentity, withTime, onRetry, actions, empty, onReply, onMissing, onWrong, spot }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [atEnd, setAtEnd] = useState(!spot);
  const seen = useRef(messages.length ? messages[messages.length - 1].id : '');
  const missed = atEnd ? 0 : messages.length - 1 - messages.findIndex((message) => message.id === seen.current);

  const toEnd = () => {
    const box = ref.current;
    if (box) box.scrollTop = box.scrollHeight;
  };
  useEffect(() => {
    if (atEnd) {
      toEnd();
      seen.current = messages[messages.length - 1]?.id ?? '';
    }
  }, [messages, atEnd]);

  const goTo = (/** @type {string} */ id) => {
    const line = /** @type {HTMLElement | null | undefined} */ (ref.current?.querySelector(`[data-line="${CSS.escape(id)}"]`));
    if (!line) return false;
    line.scrollIntoView({ block: 'center' });
    line.focus({ preventScroll: true });
    return true;
  };
  useEffect(() => {
    if (spot) goTo(spot);
  }, [spot]);
  const onJump = (/** @type {import('../lib/types.js').QuotedLine} */ quote) => goTo(quote.id) || onMissing?.(quote);
  const controls = (/** @type {Message} */ message) => html`${onReply && !message.pending && !message.failed && !message.held && html`<${IconButton} icon="reply" class="chat-more" label=${t('Answer {name}', { name: message.author.display_name })} onClick=${() => onReply(message)} />`}${actions?.(message)}`;

  const onScroll = () => {
    const box = /** @type {HTMLElement} */ (ref.current);
    setAtEnd(box.scrollHeight - box.scrollTop - box.clientHeight < 48);
  };

  return html`<div class="chat-list-box">
    <div class="chat-scroll" ref=${ref} onScroll=${onScroll} tabindex="0" role="group" aria-label=${t('Chat')}>
      ${messages.length
        ? html`<ol class="chat-list" lang=${locale()}>
            ${messages.map((message) => html`<${ChatLine} key=${message.client_id || message.id} message=${message} mine=${message.author.identity === myIdentity} me=${myIdentity} withTime=${withTime} onRetry=${onRetry} actions=${controls} onJump=${onJump} onWrong=${onWrong} />`)}
          </ol>`
        : empty}
    </div>
    ${!atEnd && !spot && html`<button type="button" class="chat-jump" onClick=${toEnd}><${Icon} name="down" size=${18} />${missed > 0 ? tn('{n} new message', '{n} new messages', missed) : t('Newest')}</button>`}
  </div>`;
}
