import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { t } from '../../lib/i18n.js';

const MAX_BYTES = 40 * 1024 * 1024; // what is worth decoding in a phone; it is shrunk before it is sent

/**
 * Choose, drop, paste or take a picture. It is only shown here; the editor sends it when the product is saved.
 *
 * @param {{ current: import('../../lib/types.js').Picture | null, file: File | null, progress: number | null, error?: string,
 *   onChoose: (file: File) => void, onRemove: () => void, onError: (text: string) => void }} props `progress` from 0 to 1 while it is sent
 */
export function PictureField({ current, file, progress, error, onChoose, onRemove, onError }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isOver, setOver] = useState(false);
  const preview = useObjectUrl(file);
  const source = preview ?? current?.url ?? '';

  const take = (/** @type {File | undefined} */ chosen) => {
    if (!chosen) return;
    if (!chosen.type.startsWith('image/')) onError(t('This is not a picture. Take a JPEG, PNG or WebP.'));
    else if (chosen.size > MAX_BYTES) onError(t('This picture is too large.'));
    else onChoose(chosen);
  };
  const onDrop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer?.files[0]);
  };

  return html`<div class=${`picture-field ${isOver ? 'is-over' : ''} ${error ? 'has-error' : ''}`}
    onDragOver=${(/** @type {Event} */ event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${onDrop}
    onPaste=${(/** @type {ClipboardEvent} */ event) => take([...(event.clipboardData?.files ?? [])][0])}>
    <button type="button" class="picture-field-view" onClick=${() => input.current?.click()} aria-label=${source ? t('Change the picture') : t('Add a picture')}>
      ${source
        ? html`<img src=${source} alt="" onError=${() => file && onError(t('This is not a picture we can use. Take a JPEG, PNG or WebP.'))} />`
        : html`<span class="picture-field-empty"><${Icon} name="image" size=${30} /><span>${t('Add a picture')}</span></span>`}
      ${progress !== null && html`<progress class="picture-field-progress" max="1" value=${progress} aria-label=${t('Sending the picture')} />`}
    </button>
    <div class="picture-field-side">
      <p class="muted small">${t('A square photo in daylight sells best. Drop it here, or take one with the camera.')}</p>
      <div class="row row-wrap">
        <${Button} size="s" icon="image" onClick=${() => input.current?.click()}>${source ? t('Change') : t('Choose')}<//>
        ${source && html`<${Button} size="s" kind="quiet" icon="trash" onClick=${onRemove}>${t('Remove')}<//>`}
      </div>
      ${error && html`<p class="field-error" role="alert">${error}</p>`}
    </div>
    <input ref=${input} type="file" accept="image/*" hidden onChange=${(/** @type {any} */ event) => {
      take(event.currentTarget.files[0]);
      event.currentTarget.value = ''; // so that the same file can be chosen again
    }} />
  </div>`;
}

/** @param {File | null} file @returns {string | null} */
function useObjectUrl(file) {
  const [url, setUrl] = useState(/** @type {string | null} */ (null));
  useEffect(() => {
    if (!file) {
      setUrl(null);
      return undefined;
    }
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
