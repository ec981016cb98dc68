import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { refusalText } from '../../components/refusal.js';
import { announce } from '../../lib/announce.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').Order} Order */
/** @typedef {'pack'|'ship'|'cancel'} Action */
/** @typedef {{ order: string, ok: boolean, status: string|null, code: string|null, detail: string|null }} Outcome */

/** As many as the server takes in one request. */
const AT_ONCE = 100;

/**
 * What can be done with the orders that are chosen: asked once, then told for each.
 *
 * @param {{ storeId: string, chosen: Order[], onDone: () => void, onClear: () => void }} props
 */
export function WorkBar({ storeId, chosen, onDone, onClear }) {
  const [asked, ask] = useState(/** @type {Action | null} */ (null));
  const slips = `/desk/slips?orders=${chosen.map(({ id }) => id).join(',')}`;
  return html`<div class="work-bar" role="group" aria-label=${t('With the chosen orders')}>
    <strong class="tabular" role="status">${t('Orders chosen: {n}', { n: chosen.length })}</strong>
    <span class="row row-wrap">
      <${Button} size="s" icon="bag" onClick=${() => ask('pack')}>${t('Mark as packed')}<//>
      <${Button} size="s" icon="truck" onClick=${() => ask('ship')}>${t('Mark as sent')}<//>
      <${Button} size="s" href=${slips} target="_blank">${t('Packing slips')}<//>
      <${Button} size="s" kind="danger" onClick=${() => ask('cancel')}>${t('Cancel the orders')}<//>
      <${Button} size="s" kind="quiet" onClick=${onClear}>${t('Choose none')}<//>
    </span>
    ${asked && html`<${WorkDialog} storeId=${storeId} action=${asked} orders=${chosen} onDone=${onDone} onClose=${() => ask(null)} />`}
  </div>`;
}

/** @param {{ storeId: string, action: Action, orders: Order[], onDone: () => void, onClose: () => void }} props */
function WorkDialog({ storeId, action, orders, onDone, onClose }) {
  const [outcomes, setOutcomes] = useState(/** @type {Outcome[] | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const count = orders.length;
  const act = async () => {
    setBusy(true);
    setError(null);
    /** @type {Outcome[]} */
    const found = [];
    try {
      for (let at = 0; at < count; at += AT_ONCE) {
        const ids = orders.slice(at, at + AT_ONCE).map(({ id }) => id);
        found.push(...(await api.post(`/stores/${storeId}/orders/work`, { action, orders: ids })).items);
      }
    } catch (problem) {
      setError(problem);
    }
    if (found.length) {
      setOutcomes(found);
      announce(summary(found));
      onDone();
    }
    setBusy(false);
  };
  const titles = { pack: t('Mark as packed'), ship: t('Mark as sent'), cancel: t('Cancel the orders') };
  const texts = {
    pack: t('All that is left of the chosen orders is packed.'),
    ship: t('All that is left of the chosen orders leaves now. The buyers are told.'),
    cancel: t('The chosen orders are cancelled, and what was paid goes back to the buyers.'),
  };
  const footer = outcomes
    ? html`<${Button} wide kind="primary" onClick=${onClose}>${t('Done')}<//>`
    : html`<div class="row confirm-foot"><${Button} class="grow" onClick=${onClose}>${t('Not now')}<//><${Button} class="grow" kind=${action === 'cancel' ? 'danger' : 'primary'} busy=${isBusy} onClick=${act}>${titles[action]}<//></div>`;
  const numberOf = (/** @type {string} */ id) => orders.find((order) => order.id === id)?.number ?? id;
  return html`<${Dialog} title=${titles[action]} onClose=${onClose} footer=${footer}>
    <div class="stack">
      ${outcomes ? html`<p role="status">${summary(outcomes)}</p>` : html`<p>${texts[action]}</p>`}
      ${outcomes?.some(({ ok }) => !ok) && html`<ul class="work-failed">${outcomes.filter(({ ok }) => !ok).map((one) => html`<li key=${one.order}><bdi class="tabular strong">${numberOf(one.order)}</bdi>: ${refusalText({ code: one.code, message: one.detail })}</li>`)}</ul>`}
      ${error && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    </div>
  <//>`;
}

/** @param {Outcome[]} outcomes */
function summary(outcomes) {
  const done = outcomes.filter(({ ok }) => ok).length;
  const failed = outcomes.length - done;
  const good = t('Done: {n}.', { n: done });
  return failed ? `${good} ${t('Not possible: {n}.', { n: failed })}` : good;
}
