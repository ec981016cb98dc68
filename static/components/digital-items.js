import { html } from 'htm/preact';
import { api } from '../lib/api.js';
import { t, tn } from '../lib/i18n.js';
import { CopyField } from './copy-field.js';
import { Said, SaidAtLength } from './said.js';
import { ErrorState } from './states.js';
import { useLoad } from './use-load.js';
import { useOrderWords } from './use-words.js';

/** @typedef {import('../lib/types.js').Delivered} Delivered */

/** Whether something of an order is delivered the moment it is paid. @param {import('../lib/types.js').Order} order */
const isDigital = (order) => order.lines.some((line) => line.digital || line.parts?.some((part) => part.digital));

/** Addresses and codes of an order that is paid; for its buyer. @param {{ order: import('../lib/types.js').Order }} props */
export function DigitalItems({ order }) {
  return isDigital(order) && ['paid', 'fulfilled'].includes(order.status) ? html`<${Items} order=${order} />` : null;
}

/** @param {{ order: import('../lib/types.js').Order }} props */
function Items({ order }) {
  const path = `/orders/${encodeURIComponent(order.id)}/digital`;
  const { data, error, reload } = useLoad((signal) => /** @type {Promise<{ items: Delivered[] }>} */ (api.get(path, { signal })), [path]);
  const words = useOrderWords(order.id); // what comes with them is told once they are paid
  if (error) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  return html`<section class="stack digital" aria-label=${t('Yours at once')} aria-busy=${data ? undefined : 'true'}>
    ${data?.items.map((item) => html`<div key=${item.sku} class="stack stack-s">
      <strong><${DigitalTitle} order=${order} item=${item} words=${words} /></strong>
      ${item.note && html`<${SaidAtLength} words=${words} text=${item.note.trim()} class="lines" />`}
      ${item.codes.map((code) => html`<${CopyField} key=${code} label=${t('Code')} value=${code} />`)}
      ${item.url && html`<a class="button button-primary button-m" href=${item.url} target="_blank" rel="noopener noreferrer">${item.kind === 'codes' ? t('Use the code') : t('Open')}<span class="sr-only">: ${item.title}</span></a>`}
      ${item.missing > 0 && html`<p class="note note-warn" role="status">${tn('{n} code is still to come from the shop. Look here again later.', '{n} codes are still to come from the shop. Look here again later.', item.missing)}</p>`}
    </div>`)}
  </section>`;
}

/** An article is known by its title and its variant's; the item names both as one. @param {{ order: import('../lib/types.js').Order, item: Delivered, words?: import('./said.js').Words }} props */
function DigitalTitle({ order, item, words }) {
  const named = [...order.lines, ...order.lines.flatMap(({ parts }) => parts ?? [])].find(({ sku }) => sku === item.sku);
  if (!named) return html`<bdi>${item.title}</bdi>`;
  return html`<${Said} words=${words} text=${named.title} />${named.variant_title && html`, <${Said} words=${words} text=${named.variant_title} withMark=${false} />`}`;
}
