import { html } from 'htm/preact';
import { api } from '../lib/api.js';
import { t, tn } from '../lib/i18n.js';
import { CopyField } from './copy-field.js';
import { ErrorState } from './states.js';
import { useLoad } from './use-load.js';

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
  if (error) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  return html`<section class="stack digital" aria-label=${t('Yours at once')} aria-busy=${data ? undefined : 'true'}>
    ${data?.items.map((item) => html`<div key=${item.sku} class="stack stack-s">
      <strong><bdi>${item.title}</bdi></strong>
      ${item.note && html`<p class="lines" dir="auto">${item.note}</p>`}
      ${item.codes.map((code) => html`<${CopyField} key=${code} label=${t('Code')} value=${code} />`)}
      ${item.url && html`<a class="button button-primary button-m" href=${item.url} target="_blank" rel="noopener noreferrer">${item.kind === 'codes' ? t('Use the code') : t('Open')}<span class="sr-only">: ${item.title}</span></a>`}
      ${item.missing > 0 && html`<p class="note note-warn" role="status">${tn('{n} code is still to come from the shop. Look here again later.', '{n} codes are still to come from the shop. Look here again later.', item.missing)}</p>`}
    </div>`)}
  </section>`;
}
