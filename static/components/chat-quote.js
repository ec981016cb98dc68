import { html } from 'htm/preact';
import { t } from '../lib/i18n.js';
import { pieces } from '../lib/mentions.js';
import { Icon } from './icon.js';

/** @typedef {import('../lib/types.js').Message} Message */
/** @typedef {import('../lib/types.js').QuotedLine} Quote */

/**
 * The line that is answered; pressing it goes there.
 *
 * @param {{ quote: Quote, onJump?: (quote: Quote) => void }} props
 */
export function ChatQuote({ quote, onJump }) {
  if (quote.deleted || !quote.author) return html`<span class="chat-quote is-gone"><${Icon} name="reply" size=${14} />${t('This message was deleted')}</span>`;
  const inside = html`<${Icon} name="reply" size=${14} /><bdi class="chat-quote-author">${quote.author.display_name}</bdi>
    <span class="chat-quote-text" dir="auto" lang=${quote.locale}>${quote.text}</span>`;
  if (!onJump) return html`<span class="chat-quote">${inside}</span>`;
  return html`<button type="button" class="chat-quote" onClick=${() => onJump(quote)}><span class="sr-only">${t('In answer to')}</span>${inside}</button>`;
}

/** A line's text with the names in it marked, mine above all. @param {{ text: string, mentions?: Message['mentions'], me?: string }} props */
export function ChatText({ text, mentions, me }) {
  if (!mentions?.length) return text;
  return pieces(text, mentions).map((piece, index) =>
    piece.identity ? html`<bdi key=${index} class=${`chat-mention ${piece.identity === me ? 'is-me' : ''}`}>${piece.text}</bdi>` : piece.text,
  );
}

/** The quote for what I am writing, above the field. @param {{ message: Message, onCancel: () => void }} props */
export const ReplyBar = ({ message, onCancel }) => html`<div class="reply-bar">
  <${Icon} name="reply" size=${16} />
  <span class="reply-bar-text"><span class="named"><bdi>${t('Answer {name}', { name: message.author.display_name })}</bdi></span> <span dir="auto">${message.translation?.text ?? message.text}</span></span>
  <button type="button" class="reply-bar-close" aria-label=${t('Do not answer')} onClick=${onCancel}><${Icon} name="close" size=${18} /></button>
</div>`;
