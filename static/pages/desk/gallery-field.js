import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { Icon } from '../../components/icon.js';
import { announce } from '../../lib/announce.js';
import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { MAX_PICTURES, moved } from './gallery-draft.js';

const MAX_BYTES = 40 * 1024 * 1024; // what is worth decoding in a phone; it is shrunk before it is sent

/** @typedef {import('./gallery-draft.js').Item} Item */

/**
 * Choose, drop, paste, take or link pictures, arrange them, take them off. They are only shown here; the editor sends them
 * when the product is saved.
 *
 * @param {{ items: Item[], sending: { key: string, share: number } | null, onChange: (items: Item[]) => void }} props `share` from 0 to 1
 */
export function GalleryField({ items, sending, onChange }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const [isOver, setOver] = useState(false);
  const [link, setLink] = useState(/** @type {string | null} */ (null));
  const [error, setError] = useState('');
  const isFull = items.length >= MAX_PICTURES;

  const add = (/** @type {Item[]} */ more) => {
    const all = [...items, ...more];
    setError(all.length > MAX_PICTURES ? t('A product has at most {n} pictures.', { n: formatNumber(MAX_PICTURES) }) : '');
    onChange(all.slice(0, MAX_PICTURES));
  };
  const take = (/** @type {File[]} */ files) => {
    const fine = files.filter((file) => file.type.startsWith('image/') && file.size <= MAX_BYTES);
    if (fine.length) add(fine.map((file) => ({ key: crypto.randomUUID(), file })));
    if (fine.length < files.length) setError(files.some((file) => file.size > MAX_BYTES) ? t('This picture is too large.') : t('This is not a picture. Take a JPEG, PNG or WebP.'));
  };
  const takeLink = () => {
    const url = (link ?? '').trim();
    if (!/^https?:\/\/[^\s]+$/.test(url)) return setError(t('This is no address of a picture.'));
    add([{ key: crypto.randomUUID(), link: url, url }]);
    setLink(null);
  };
  const move = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ button) => {
    const { key } = items[from];
    onChange(moved(items, from, to));
    announce(t('Picture {n} of {all}', { n: formatNumber(to + 1), all: formatNumber(items.length) }));
    // the button moved along with its picture; at the end of the row the other one takes the focus
    requestAnimationFrame(() => {
      const tile = list.current?.querySelector(`[data-key="${CSS.escape(key)}"]`);
      const again = /** @type {HTMLButtonElement | null | undefined} */ (tile?.querySelector(`.${button}`));
      (again?.disabled ? /** @type {HTMLElement | null | undefined} */ (tile?.querySelector('.icon-button:not(:disabled)')) : again)?.focus();
    });
  };
  const remove = (/** @type {number} */ at) => {
    onChange(items.filter((_, i) => i !== at));
    announce(t('The picture is off.'));
    requestAnimationFrame(() => /** @type {HTMLElement | null | undefined} */ (list.current?.querySelector('.gallery-add'))?.focus());
  };

  return html`<div class=${`gallery-field ${isOver ? 'is-over' : ''}`} role="group" aria-label=${t('Pictures')}
    onDragOver=${(/** @type {Event} */ event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)}
    onDrop=${(/** @type {DragEvent} */ event) => (event.preventDefault(), setOver(false), take([...(event.dataTransfer?.files ?? [])]))}
    onPaste=${(/** @type {ClipboardEvent} */ event) => event.clipboardData?.files.length && take([...event.clipboardData.files])}>
    <p class="muted small">${t('A square photo in daylight sells best. The first one is shown on cards. Drop pictures here, or take them with the camera.')}</p>
    <ul class="gallery-tiles" ref=${list}>
      ${items.map((item, i) => html`<li key=${item.key} data-key=${item.key} class=${`gallery-tile ${item.error ? 'has-error' : ''}`}>
        <${Preview} item=${item} label=${t('Picture {n} of {all}', { n: formatNumber(i + 1), all: formatNumber(items.length) })} />
        ${i === 0 && items.length > 1 && html`<span class="gallery-first">${t('On cards')}</span>`}
        ${sending?.key === item.key && html`<progress class="picture-field-progress" max="1" value=${item.link ? undefined : sending.share} aria-label=${t('Sending the picture')} />`}
        <div class="gallery-tile-bar">
          <${IconButton} icon="back" class="move-back" label=${t('Move picture {n} forward', { n: formatNumber(i + 1) })} disabled=${i === 0} onClick=${() => move(i, i - 1, 'move-back')} />
          <${IconButton} icon="next" class="move-on" label=${t('Move picture {n} back', { n: formatNumber(i + 1) })} disabled=${i === items.length - 1} onClick=${() => move(i, i + 1, 'move-on')} />
          <${IconButton} icon="trash" label=${t('Take picture {n} off', { n: formatNumber(i + 1) })} onClick=${() => remove(i)} />
        </div>
        ${item.error && html`<p class="field-error" role="alert">${item.error}</p>`}
      </li>`)}
      ${!isFull && html`<li class="gallery-tile"><button type="button" class="gallery-add" onClick=${() => input.current?.click()}><${Icon} name="image" size=${30} /><span>${t('Add pictures')}</span></button></li>`}
    </ul>
    ${!isFull && (link === null
      ? html`<div><${Button} size="s" kind="quiet" icon="globe" onClick=${() => setLink('')}>${t('Add by its address')}<//></div>`
      : html`<div class="row gallery-link">
          <${FormField} class="grow" label=${t('Address of a picture')} type="url" inputmode="url" dir="ltr" maxlength="2000" placeholder="https://" value=${link} onInput=${setLink}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && (event.preventDefault(), takeLink())} />
          <${Button} onClick=${takeLink}>${t('Add')}<//>
        </div>`)}
    ${error && html`<p class="field-error" role="alert">${error}</p>`}
    <input ref=${input} type="file" accept="image/*" multiple hidden onChange=${(/** @type {any} */ event) => {
      take([...event.currentTarget.files]);
      event.currentTarget.value = ''; // so that the same file can be chosen again
    }} />
  </div>`;
}

/** @param {{ item: Item, label: string }} props */
function Preview({ item, label }) {
  const made = useObjectUrl(item.file ?? null);
  // an address elsewhere is fetched by the server: pages may not show pictures of other hosts
  if (item.link) return html`<span class="gallery-linked" role="img" aria-label=${label}><${Icon} name="globe" size=${26} /><bdi class="small" dir="ltr">${item.link.replace(/^https?:\/\//, '')}</bdi></span>`;
  const source = made ?? item.url;
  return source ? html`<img src=${source} alt=${label} />` : html`<span class="gallery-linked" />`;
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
