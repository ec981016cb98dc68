import { html } from 'htm/preact';
import { t } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */

/**
 * The categories of what is offered, each once, by name.
 *
 * @param {Offer[]} offers
 * @param {(title: string) => string} [said] in the reader's language
 * @returns {{ id: string, title: string }[]}
 */
export function categoriesOf(offers, said = (title) => title) {
  const found = new Map(offers.flatMap(({ category }) => (category ? [[category.id, category.title]] : [])));
  return [...found].map(([id, title]) => ({ id, title: said(title) })).sort((a, b) => a.title.localeCompare(b.title));
}

/**
 * Chips of categories; nothing where there is nothing to choose from.
 *
 * @param {{ words: import('../../lib/words-state.js').WordsState, offers: Offer[], chosen: string, onChoose: (id: string) => void }} props
 */
export function TrayFilter({ words, offers, chosen, onChoose }) {
  const categories = categoriesOf(offers, (title) => words.plain(title));
  if (categories.length < 2) return null;
  return html`<fieldset class="tray-filter"><legend class="sr-only">${t('Category')}</legend>
    ${[{ id: '', title: t('Everything') }, ...categories].map(({ id, title }) => html`<button key=${id} type="button" class="tray-chip" aria-pressed=${id === chosen ? 'true' : 'false'} onClick=${() => onChoose(id)}><bdi>${title}</bdi></button>`)}
  </fieldset>`;
}
