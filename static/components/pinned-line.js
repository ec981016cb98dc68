import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { Icon } from './icon.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/** @typedef {{ connection: import('../lib/protocol.js').RoomConnection, state: import('../lib/room-state.js').RoomState }} Place */

/**
 * The line that stands on top for everybody.
 *
 * @param {{ session: Place, onOpen?: () => void, onWording?: (message: import('../lib/types.js').Message) => void }} props
 *   `onOpen`: pressing it shows the whole chat; `onWording` leads to its translations
 */
export function PinnedLine({ session, onOpen, onWording }) {
  const { state, connection } = session;
  const message = state.talk.pinned.value;
  if (!message) return null;
  const unpin = () => connection.call('chat:unpin').catch((error) => toast(refusalText(error), { kind: 'bad' }));
  const inside = html`<${Icon} name="pin" size=${18} /><span class="pinned-line-text"><span class="sr-only">${t('Pinned message')}: </span><span class="named"><bdi>${message.author.display_name}</bdi></span>
    <span dir="auto" lang=${message.translation?.locale ?? message.locale}>${message.translation?.text ?? message.text}</span></span>`;
  return html`<div class="pinned-line">
    ${onOpen ? html`<button type="button" class="pinned-line-body" onClick=${onOpen}>${inside}</button>` : html`<p class="pinned-line-body">${inside}</p>`}
    ${onWording && html`<button type="button" class="pinned-line-off" aria-haspopup="dialog" aria-label=${t('In other languages')} title=${t('In other languages')} onClick=${() => onWording(message)}><${Icon} name="globe" size=${18} /></button>`}
    ${state.can('chat.pin') && html`<button type="button" class="pinned-line-off" aria-label=${t('Take off the pin')} title=${t('Take off the pin')} onClick=${unpin}><${Icon} name="close" size=${18} /></button>`}
  </div>`;
}

const SHOWN_MS = 30_000;

/** What those who run the room tell everybody; it goes after a while (from when it was said, also for who came later), and stays in the chat. @param {{ session: Place }} props */
export function AnnouncementBanner({ session }) {
  const { state } = session;
  const message = state.talk.announcement.value;
  const [goneId, setGoneId] = useState('');
  useEffect(() => {
    if (!message) return undefined;
    const timer = setTimeout(() => setGoneId(message.id), message.left_ms ?? SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message?.id]);
  if (!message || message.id === goneId) return null;
  return html`<aside class="announcement" aria-label=${t('Announcement')}>
    <${Icon} name="megaphone" size=${22} />
    <p class="announcement-text" dir="auto" lang=${message.translation?.locale ?? message.locale}>${message.translation?.text ?? message.text}</p>
    <button type="button" class="announcement-close" aria-label=${t('Close')} onClick=${() => setGoneId(message.id)}><${Icon} name="close" size=${20} /></button>
  </aside>`;
}

/** Who else is typing. @param {{ session: Place }} props */
export function TypingLine({ session }) {
  const mine = session.state.me.value?.identity;
  const names = session.state.talk.typing.value.filter(({ identity }) => identity !== mine).map(({ display_name }) => display_name);
  const text =
    names.length === 0 ? '' : names.length === 1 ? t('{name} is typing…', { name: names[0] }) : names.length === 2 ? t('{name} and {other} are typing…', { name: names[0], other: names[1] }) : t('Several people are typing…');
  return html`<p class="typing-line" aria-hidden=${text ? undefined : 'true'}>${text}</p>`;
}
