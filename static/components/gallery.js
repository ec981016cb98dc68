import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { formatNumber } from '../lib/format.js';
import { IconButton } from './button.js';

/** @typedef {import('../lib/types.js').Picture} Picture */

/**
 * Several pictures in a row: swiped, scrolled, by its buttons, or with the arrow keys. One alone is just shown.
 * The pattern is the carousel of the ARIA Authoring Practices, without anything that moves by itself.
 *
 * @param {{ pictures: Picture[], title: string }} props `title` of what they show
 */
export function Gallery({ pictures, title }) {
  const row = useRef(/** @type {HTMLElement | null} */ (null));
  const [at, setAt] = useState(0);
  const isRow = pictures.length > 1;
  useEffect(() => {
    const list = /** @type {HTMLElement} */ (row.current);
    const seen = new IntersectionObserver(
      (entries) => entries.forEach(({ isIntersecting, target }) => isIntersecting && setAt(Number(/** @type {HTMLElement} */ (target).dataset.at))),
      { root: list, threshold: 0.6 },
    );
    for (const slide of list.children) seen.observe(slide);
    return () => seen.disconnect();
  }, [pictures.length]);

  const go = (/** @type {number} */ to) => {
    const list = /** @type {HTMLElement} */ (row.current);
    const slide = /** @type {HTMLElement | undefined} */ (list.children[Math.max(0, Math.min(pictures.length - 1, to))]);
    // not scrollIntoView: it would move the sheet around the pictures as well
    if (slide) list.scrollTo({ left: slide.offsetLeft - list.offsetLeft, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const forward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -at, End: pictures.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    go(event.key.startsWith('Arrow') ? at + (event.key === forward ? 1 : -1) : at + step);
  };
  const nameOf = (/** @type {number} */ i) => t('{title}, picture {n} of {all}', { title, n: formatNumber(i + 1), all: formatNumber(pictures.length) });

  return html`<section class="gallery" aria-roledescription=${isRow ? t('Gallery') : undefined} aria-label=${t('Pictures of {title}', { title })}>
    <ul class="gallery-row" ref=${row} tabindex=${isRow ? 0 : undefined} aria-label=${isRow ? t('Pictures of {title}', { title }) : undefined} onKeyDown=${isRow ? onKeyDown : undefined}>
      ${pictures.map((picture, i) => html`<li key=${picture.url} data-at=${i} class="gallery-slide" aria-hidden=${i === at ? undefined : 'true'}>
        <img src=${picture.url} alt=${isRow ? nameOf(i) : title} width=${picture.width} height=${picture.height} loading=${i ? 'lazy' : 'eager'} decoding="async" />
      </li>`)}
    </ul>
    ${isRow && html`<div class="gallery-bar">
      <${IconButton} icon="back" label=${t('Previous picture')} disabled=${at === 0} onClick=${() => go(at - 1)} />
      <span class="tabular" role="status"><span aria-hidden="true">${formatNumber(at + 1)} / ${formatNumber(pictures.length)}</span><span class="sr-only">${nameOf(at)}</span></span>
      <${IconButton} icon="next" label=${t('Next picture')} disabled=${at === pictures.length - 1} onClick=${() => go(at + 1)} />
    </div>`}
  </section>`;
}
