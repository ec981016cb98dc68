import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Icon } from './icon.js';
import { useWhileVisible } from './use-load.js';

/** A still costs the server a decoded picture, and shows a card's visitor that the show goes on. */
const STILL_EVERY_MS = 30_000;

/**
 * A product's picture, or a quiet tile where there is none. The box keeps its shape while the picture loads.
 *
 * @param {{ picture: import('../lib/types.js').Picture | null, alt?: string, size?: 's'|'m'|'l'|'fill', eager?: boolean }} props
 */
export function Picture({ picture, alt = '', size = 'm', eager }) {
  return html`<span class=${`picture picture-${size}`}>
    ${picture
      ? html`<img src=${(size === 's' || size === 'm') && picture.thumb_url ? picture.thumb_url : picture.url} alt=${alt} width=${picture.width} height=${picture.height} loading=${eager ? 'eager' : 'lazy'} decoding="async" />`
      : html`<${Icon} name="bag" size=${size === 's' ? 18 : 26} />`}
  </span>`;
}

/**
 * The cover of a room: a calm colour made from its id, its initial, and over them what it shows right now, if it does.
 *
 * @param {{ id: string, title: string, still?: string | null, class?: string }} props `still` is the address of a picture
 */
export function Cover({ id, title, still, class: extra = '' }) {
  const tone = [...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7) % 6;
  return html`<span class=${`cover cover-${tone} ${extra}`} aria-hidden="true"><span class="cover-initial">${[...title.trim()][0] ?? ''}</span>
    ${still && html`<${Still} key=${still} address=${still} />`}</span>`;
}

/** Fades in once it is here, and away when there is none any more; new every half minute while looked at. @param {{ address: string }} props */
function Still({ address }) {
  const [version, setVersion] = useState(0);
  const [isShown, setShown] = useState(false);
  useWhileVisible(() => setVersion(Date.now()), address.startsWith('blob:') ? 0 : STILL_EVERY_MS);
  return html`<img class=${`cover-still ${isShown ? 'is-shown' : ''}`} src=${version ? `${address}?t=${version}` : address} alt="" decoding="async"
    onLoad=${() => setShown(true)} onError=${() => setShown(false)} />`;
}
