import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { locale, t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { FormField } from './form-field.js';
import { ErrorState, Skeleton } from './states.js';

/** @typedef {import('../lib/types.js').Phrase} Phrase */

/** @type {Map<string, Promise<{ items: Phrase[] }>>} by language */
const phrasebooks = new Map();

/** @param {string} tag */
function loadPhrases(tag) {
  const known = phrasebooks.get(tag);
  if (known) return known;
  const loading = api.get(`/phrases?locale=${tag}`).catch((error) => {
    phrasebooks.delete(tag);
    throw error;
  });
  phrasebooks.set(tag, loading);
  return loading;
}

/**
 * Everyday sentences that every reader gets in their own language, without any translation engine. Those with slots ask
 * for what goes in first.
 *
 * @param {{ onChoose: (text: string, isWhole: boolean) => void, onClose: () => void }} props
 */
export function PhraseSheet({ onChoose, onClose }) {
  const [phrases, setPhrases] = useState(/** @type {Phrase[] | null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [query, setQuery] = useState('');
  const [open, setOpen] = useState(/** @type {Phrase | null} */ (null));

  const tag = locale();
  const load = () => {
    setError(null);
    loadPhrases(tag).then(({ items }) => setPhrases(items), setError);
  };
  useEffect(load, [tag]);

  if (open) return html`<${SlotForm} phrase=${open} onBack=${() => setOpen(null)} onClose=${onClose} onChoose=${onChoose} />`;
  const wanted = query.trim().toLocaleLowerCase(locale());
  const found = (phrases ?? []).filter((phrase) => phrase.text.toLocaleLowerCase(locale()).includes(wanted));
  const categories = [...new Set(found.map((phrase) => phrase.category))];
  const choose = (/** @type {Phrase} */ phrase) => (phrase.slots.length ? setOpen(phrase) : onChoose(phrase.text, true));

  return html`<${Dialog} shape="sheet" title=${t('Quick phrases')} onClose=${onClose} class="phrases">
    <p class="muted small">${t('Everybody reads these in their own language.')}</p>
    <${FormField} label=${t('Search phrases')} type="search" value=${query} onInput=${setQuery} class="phrases-search" />
    ${error && html`<${ErrorState} error=${error} onRetry=${load} />`}
    ${!phrases && !error && html`<div class="phrases-list">${[1, 2, 3, 4, 5].map((n) => html`<${Skeleton} key=${n} class="phrases-skeleton" />`)}</div>`}
    ${phrases && !found.length && html`<p class="muted">${t('No phrase matches.')}</p>`}
    ${categories.map(
      (category) => html`<section key=${category}>
        <h3 class="phrases-category">${categoryName(category)}</h3>
        <ul class="phrases-list">
          ${found
            .filter((phrase) => phrase.category === category)
            .map((phrase) => html`<li key=${phrase.id}><button type="button" class="phrase" onClick=${() => choose(phrase)}>${phrase.text.replace(/\{\w+\}/g, '…')}</button></li>`)}
        </ul>
      </section>`,
    )}
  <//>`;
}

/** @param {string} category */
function categoryName(category) {
  /** @type {Record<string, string>} */
  const names = {
    greeting: t('Greetings'), greetings: t('Greetings'), sales: t('Buying and selling'), shop: t('Buying and selling'), price: t('Prices'),
    prices: t('Prices'), product: t('Products'), products: t('Products'), delivery: t('Delivery'), payment: t('Payment'), order: t('Orders'), orders: t('Orders'),
    consultation: t('Consultation'), consultations: t('Consultation'), lesson: t('Lesson'), lessons: t('Lesson'), technical: t('Sound and picture'), thanks: t('Thanks'),
    general: t('General'), common: t('General'),
  };
  return names[category] ?? category.charAt(0).toUpperCase() + category.slice(1);
}

/** @param {{ phrase: Phrase, onChoose: (text: string, isWhole: boolean) => void, onBack: () => void, onClose: () => void }} props */
function SlotForm({ phrase, onChoose, onBack, onClose }) {
  const [values, setValues] = useState(/** @type {Record<string, string>} */ ({}));
  const filled = phrase.text.replace(/\{(\w+)\}/g, (_, slot) => values[slot]?.trim() || '…');
  const isComplete = phrase.slots.every((slot) => values[slot]?.trim());
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isComplete) onChoose(filled, true);
  };
  return html`<${Dialog} key="slots" shape="sheet" title=${t('Complete the phrase')} onClose=${onClose} onBack=${onBack}>
    <form class="stack" onSubmit=${send}>
      <p class="phrase-preview" dir="auto">${filled}</p>
      ${phrase.slots.map((slot) => html`<${FormField} key=${slot} label=${slotName(slot)} value=${values[slot] ?? ''} maxlength="80"
        onInput=${(/** @type {string} */ value) => setValues({ ...values, [slot]: value })} />`)}
      <${Button} kind="primary" type="submit" wide disabled=${!isComplete}>${t('Send')}<//>
    </form>
  <//>`;
}

/** @param {string} slot */
function slotName(slot) {
  /** @type {Record<string, string>} */
  const names = { name: t('Name'), number: t('Number'), n: t('Number'), price: t('Price'), quantity: t('Quantity'), product: t('Product'), time: t('Time'), size: t('Size'), color: t('Colour') };
  return names[slot.replace(/_?\d+$/, '')] ?? slot;
}
