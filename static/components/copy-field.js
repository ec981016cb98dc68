import { html } from 'htm/preact';
import { useId, useRef, useState } from 'preact/hooks';
import { announce } from '../lib/announce.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';

/**
 * Something to be taken elsewhere: a link, a key. Pressing the button copies it; where the browser refuses, the text is
 * selected so that the keyboard can.
 *
 * @param {{ label: string, value: string, hint?: any, secret?: boolean }} props
 */
export function CopyField({ label, value, hint, secret }) {
  const id = useId();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      return; // no permission or no secure origin: the text stays selected
    }
    setCopied(true);
    announce(t('Copied'));
    setTimeout(() => setCopied(false), 2_000);
  };
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>
    <div class="row copy-field">
      <input id=${id} ref=${field} class="input grow" readonly dir="ltr" value=${value} data-secret=${secret ? '' : undefined}
        onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} />
      <${Button} icon=${isCopied ? 'check' : 'copy'} onClick=${copy}>${isCopied ? t('Copied') : t('Copy')}<//>
    </div>
    ${hint && html`<p class="field-hint">${hint}</p>`}
  </div>`;
}
