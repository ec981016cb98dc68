import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { quoteOf } from '../lib/talk-state.js';
import { IconButton } from './button.js';
import { ReplyBar } from './chat-quote.js';
import { PhraseSheet } from './phrase-sheet.js';
import { useMentions } from './use-mentions.js';

/** @typedef {import('../lib/talk-state.js').About} About */

/**
 * The message field with quick phrases, names completed after `@`, and the line that is answered above it. What was typed stays until it has been
 * handed over.
 *
 * @param {{ onSend: (text: string, about: About) => boolean | Promise<boolean>, disabled?: boolean, disabledText?: string, placeholder?: string, maxChars?: number,
 *   kind?: 'page'|'video', talk?: import('../lib/talk-state.js').TalkState, find?: (prefix: string) => Promise<import('../lib/mentions.js').Person[]>,
 *   children?: any }} props `onSend` answers whether the field may be emptied; `find` people by the beginning of their name; `children` are more buttons at
 *   the end of the row
 */
export function ChatComposer({ onSend, disabled, disabledText, placeholder, maxChars = 500, kind = 'page', talk, find, children }) {
  const [text, setText] = useState('');
  const [phrasesOpen, setPhrasesOpen] = useState(false);
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const mentions = useMentions({ field, text, setText, find });
  const answered = talk?.replyTo.value ?? null;

  useEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.blockSize = 'auto';
    box.style.blockSize = `${Math.min(box.scrollHeight, 96)}px`;
  }, [text]);
  useEffect(() => {
    if (answered && field.current?.offsetParent) field.current.focus();
  }, [answered?.id]);

  const hand = async (/** @type {string} */ line) => {
    const about = { ...(answered ? { reply_to: quoteOf(answered) } : {}), mentions: mentions.mentioned(line) };
    if (!(await onSend(line, about))) return;
    setText('');
    mentions.forget();
    if (talk) talk.replyTo.value = null;
    talk?.type(false);
  };
  const submit = () => {
    const line = text.trim();
    if (line && !disabled) hand(line);
  };
  const onInput = (/** @type {any} */ event) => {
    setText(event.currentTarget.value);
    talk?.type(event.currentTarget.value.trim() !== '');
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (mentions.onKeyDown(event)) return;
    if (event.key === 'Escape' && answered && talk) {
      event.preventDefault();
      talk.replyTo.value = null;
    }
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };

  return html`
    <form class=${`composer composer-${kind}`} onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), submit())}>
    <div class="composer-main">
    ${mentions.list}
    ${answered && talk && html`<${ReplyBar} message=${answered} onCancel=${() => (talk.replyTo.value = null)} />`}
    <div class="composer-field">
      <textarea ref=${field} rows="1" dir="auto" maxlength=${maxChars} disabled=${disabled} value=${text} enterkeyhint="send"
        placeholder=${disabled ? disabledText : (placeholder ?? t('Say something…'))} aria-label=${t('Message')} ...${mentions.attributes}
        onInput=${onInput} onKeyDown=${onKeyDown}></textarea>
      ${text.trim()
        ? html`<button type="submit" class="composer-send" aria-label=${t('Send')}><${SendIcon} /></button>`
        : html`<${IconButton} icon="smile" class="composer-phrases" label=${t('Quick phrases')} disabled=${disabled} aria-haspopup="dialog" onClick=${() => setPhrasesOpen(true)} />`}
    </div>
    </div>
    ${children}
    </form>
    ${phrasesOpen &&
    html`<${PhraseSheet} onClose=${() => setPhrasesOpen(false)} onChoose=${async (/** @type {string} */ phrase, /** @type {boolean} */ isWhole) => {
      setPhrasesOpen(false);
      if (isWhole) await hand(phrase);
      else {
        setText(phrase);
        field.current?.focus();
      }
    }} />`}`;
}

const SendIcon = () => html`<svg class="icon icon-directed" width="20" height="20" viewBox="0 0 24 24" aria-hidden="true">
  <path d="M3.5 20.5 21 12 3.5 3.5v6.5l11 2-11 2z" fill="currentColor" />
</svg>`;
