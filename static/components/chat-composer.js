import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { IconButton } from './button.js';
import { PhraseSheet } from './phrase-sheet.js';

/**
 * The message field with quick phrases. What was typed stays until it has been handed over.
 *
 * @param {{ onSend: (text: string) => boolean | Promise<boolean>, disabled?: boolean, disabledText?: string, maxChars?: number, kind?: 'page'|'video',
 *   children?: any }} props `onSend` answers whether the field may be emptied; `children` are more buttons at the end of the row
 */
export function ChatComposer({ onSend, disabled, disabledText, maxChars = 500, kind = 'page', children }) {
  const [text, setText] = useState('');
  const [phrasesOpen, setPhrasesOpen] = useState(false);
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));

  useEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.blockSize = 'auto';
    box.style.blockSize = `${Math.min(box.scrollHeight, 96)}px`;
  }, [text]);

  const submit = async () => {
    const line = text.trim();
    if (!line || disabled) return;
    if (await onSend(line)) setText('');
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };

  return html`
    <form class=${`composer composer-${kind}`} onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), submit())}>
    <div class="composer-field">
      <textarea ref=${field} rows="1" dir="auto" maxlength=${maxChars} disabled=${disabled} value=${text} enterkeyhint="send"
        placeholder=${disabled ? disabledText : t('Say something…')} aria-label=${t('Message')}
        onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} onKeyDown=${onKeyDown}></textarea>
      ${text.trim()
        ? html`<button type="submit" class="composer-send" aria-label=${t('Send')}><${SendIcon} /></button>`
        : html`<${IconButton} icon="smile" class="composer-phrases" label=${t('Quick phrases')} disabled=${disabled} aria-haspopup="dialog" onClick=${() => setPhrasesOpen(true)} />`}
    </div>
    ${children}
    </form>
    ${phrasesOpen &&
    html`<${PhraseSheet} onClose=${() => setPhrasesOpen(false)} onChoose=${async (/** @type {string} */ phrase, /** @type {boolean} */ isWhole) => {
      setPhrasesOpen(false);
      if (isWhole) await onSend(phrase);
      else {
        setText(phrase);
        field.current?.focus();
      }
    }} />`}`;
}

const SendIcon = () => html`<svg class="icon icon-directed" width="20" height="20" viewBox="0 0 24 24" aria-hidden="true">
  <path d="M3.5 20.5 21 12 3.5 3.5v6.5l11 2-11 2z" fill="currentColor" />
</svg>`;
