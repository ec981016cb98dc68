import { html } from 'htm/preact';
import { Icon } from './icon.js';

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
 * The cover of a room that has no picture: a calm colour made from its id, and its initial.
 *
 * @param {{ id: string, title: string, class?: string }} props
 */
export function Cover({ id, title, class: extra = '' }) {
  const tone = [...id].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7) % 6;
  return html`<span class=${`cover cover-${tone} ${extra}`} aria-hidden="true"><span class="cover-initial">${[...title.trim()][0] ?? ''}</span></span>`;
}
