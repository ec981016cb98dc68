import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { handWords, isByHand, usePayWay } from '../lib/by-hand.js';
import { formatDateTime } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';
import { formatMoney, parseMoney, plainAmount } from '../lib/money.js';
import { Button } from './button.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { FormField, QuantityStepper } from './form-field.js';
import { unitsText } from './order-lines.js';
import { Said, SaidAtLength } from './said.js';

/** @typedef {import('../lib/types.js').Order} Order */
/** @typedef {{ offer: string, quantity: number }} Units */
/** @typedef {{ id: string, lines: Units[], amount: import('../lib/types.js').Money, reason: string, state: 'asked'|'approved'|'declined'|'withdrawn', answer: string, refund: 'due'|'done'|'failed'|null, made_at: string }} Return */
/** @typedef {{ service: import('./order-papers.js').Service | null, again: () => void }} Served */

/** @param {Return} asked */
function stateWord({ state, refund, amount }) {
  switch (state) {
    case 'asked': return refund === 'failed' ? t('The payment provider refused to give the money back. The shop looks for another way.') : t('The shop has not answered yet.');
    case 'approved': return refund === 'done' ? t('The shop has given back {amount}.', { amount: formatMoney(amount) }) : t('The shop said yes. The money is on its way.');
    case 'declined': return t('The shop said no.');
    default: return t('You took this back.');
  }
}

/**
 * What a buyer asked to give back, and the shop's answer; each sees what they can do about it.
 *
 * @param {{ order: Order, words?: import('../lib/words-state.js').Words, served: Served, isMerchant: boolean, isMine: boolean, onChanged: (order: Order) => void }} props
 */
export function OrderReturns({ order, words, served, isMerchant, isMine, onChanged }) {
  const { service, again } = served;
  const [open, setOpen] = useState(/** @type {'ask'|'approve'|'decline'|'withdraw'|''} */ (''));
  if (!service) return null;
  const asked = service.returns.find(({ state }) => state === 'asked');
  const mayAsk = isMine && !asked && service.returnable.length > 0;
  if (!service.returns.length && !mayAsk) return null;
  const refresh = async () => {
    again();
    onChanged(await api.get(`/orders/${order.id}`));
  };
  const close = () => setOpen('');
  const act = { order, words, onDone: refresh, onClose: close };
  return html`<div class="stack">
    ${service.returns.map((one) => html`<div key=${one.id} class="note stack stack-s">
      <p><strong>${t('Money back asked for')}</strong> <time class="muted small" dateTime=${one.made_at}>${formatDateTime(one.made_at)}</time></p>
      <p><bdi>${unitsText(order, one.lines, words)}</bdi>${one.state === 'asked' && html` · <bdi>${formatMoney(one.amount)}</bdi>`}</p>
      <p class="lines" dir="auto">${one.reason}</p>
      <p class="strong">${stateWord(one)}</p>
      ${one.answer && html`<${SaidAtLength} words=${words} text=${one.answer} class="lines" />`}
    </div>`)}
    ${isMerchant && asked && html`<p class="row row-wrap"><${Button} kind="primary" onClick=${() => setOpen('approve')}>${t('Give the money back')}<//><${Button} kind="danger" onClick=${() => setOpen('decline')}>${t('Decline')}<//></p>`}
    ${isMine && asked && html`<p><${Button} onClick=${() => setOpen('withdraw')}>${t('Take the request back')}<//></p>`}
    ${mayAsk && html`<div class="stack stack-s"><p><${Button} onClick=${() => setOpen('ask')}>${t('Ask for your money back')}<//></p>
      ${service.return_until && html`<p class="muted small">${t('Until {when}', { when: formatDateTime(service.return_until) })}</p>`}</div>`}
    ${open === 'ask' && html`<${AskDialog} ...${act} returnable=${service.returnable} />`}
    ${open === 'approve' && asked && html`<${ApproveDialog} ...${act} asked=${asked} />`}
    ${open === 'decline' && asked && html`<${DeclineDialog} ...${act} asked=${asked} />`}
    ${open === 'withdraw' && asked && html`<${ConfirmDialog} title=${t('Take the request back?')} confirm=${t('Take the request back')} kind="primary" onClose=${close}
      onConfirm=${async () => (await api.post(`/returns/${asked.id}/withdraw`), refresh())}><p>${t('The shop does not answer it any more. You can ask again while there is time.')}</p><//>`}
  </div>`;
}

/**
 * Which units, and why. All that can come back is chosen to begin with.
 *
 * @param {{ order: Order, words?: import('../lib/words-state.js').Words, returnable: Units[], onDone: () => Promise<void>, onClose: () => void }} props
 */
function AskDialog({ order, words, returnable, onDone, onClose }) {
  const [units, setUnits] = useState(/** @type {Record<string, number>} */ (Object.fromEntries(returnable.map(({ offer, quantity }) => [offer, quantity]))));
  const [reason, setReason] = useState('');
  const [faults, setFaults] = useState({ lines: '', reason: '' });
  const ask = async () => {
    const lines = Object.entries(units).filter(([, quantity]) => quantity > 0).map(([offer, quantity]) => ({ offer, quantity }));
    const found = { lines: lines.length ? '' : t('Choose what you send back.'), reason: reason.trim() ? '' : t('Say why, so that the shop can answer.') };
    setFaults(found);
    if (found.lines || found.reason) return false;
    await api.post(`/orders/${order.id}/returns`, { reason, lines });
    await onDone();
    return true;
  };
  return html`<${ConfirmDialog} title=${t('Ask for your money back')} confirm=${t('Ask the shop')} kind="primary" onClose=${onClose} onConfirm=${ask}>
    <p>${t('The shop decides, and you see its answer here.')}</p>
    <ul class="desk-list">${returnable.map(({ offer, quantity }) => {
      const line = order.lines.find((one) => one.offer === offer);
      return html`<li key=${offer} class="row"><span class="grow"><${Said} words=${words} text=${line?.title ?? ''} />${line?.variant_title && html` <span class="muted small"><${Said} words=${words} text=${line.variant_title} withMark=${false} /></span>`}</span>
        <${QuantityStepper} label=${words?.plain(line?.title ?? '') ?? line?.title ?? ''} value=${units[offer] ?? 0} min=${0} max=${quantity} less=${t('One less')} more=${t('One more')} onChange=${(/** @type {number} */ n) => setUnits({ ...units, [offer]: n })} /></li>`;
    })}</ul>
    ${faults.lines && html`<p class="field-error" role="alert">${faults.lines}</p>`}
    <${FormField} as="textarea" rows="3" label=${t('Why do you send it back?')} value=${reason} maxlength="500" dir="auto" error=${faults.reason} onInput=${(/** @type {string} */ text) => (setFaults({ ...faults, reason: '' }), setReason(text))} />
  <//>`;
}

/** @param {{ order: Order, words?: import('../lib/words-state.js').Words, asked: Return, onDone: () => Promise<void>, onClose: () => void }} props */
function ApproveDialog({ order, words, asked, onDone, onClose }) {
  const way = usePayWay(order.payment.provider);
  const left = { currency: order.total.currency, amount_minor: order.total.amount_minor - (order.refunded?.amount_minor ?? 0) };
  const [amount, setAmount] = useState(plainAmount({ ...left, amount_minor: Math.min(asked.amount.amount_minor, left.amount_minor) }));
  const [fault, setFault] = useState('');
  const give = async () => {
    const wanted = parseMoney(amount, left.currency);
    if (!wanted || wanted.amount_minor < 1 || wanted.amount_minor > left.amount_minor) {
      setFault(t('At most {amount} can go back.', { amount: formatMoney(left) }));
      return false;
    }
    await api.post(`/returns/${asked.id}/approve`, { amount: wanted });
    await onDone();
    return true;
  };
  return html`<${ConfirmDialog} title=${t('Give the money back')} confirm=${t('Give the money back')} kind="primary" onClose=${onClose} onConfirm=${give}>
    <p><bdi>${unitsText(order, asked.lines, words)}</bdi></p>
    <${FormField} label=${t('Amount')} suffix=${left.currency} inputmode="decimal" autocomplete="off" dir="ltr" value=${amount} error=${fault} hint=${t('What these goods cost; delivery is not in it.')} onInput=${(/** @type {string} */ text) => (setFault(''), setAmount(text))} />
    <p class="muted small">${isByHand(order.payment.provider, way) ? html`<span dir="auto">${handWords(way)?.give_back ?? t('Give the money back the way you got it.')}</span>` : t('The money goes back to the buyer. This cannot be undone.')} ${t('Book the goods into your stock once they are there.')}</p>
  <//>`;
}

/** @param {{ asked: Return, onDone: () => Promise<void>, onClose: () => void }} props */
function DeclineDialog({ asked, onDone, onClose }) {
  const [words, setWords] = useState('');
  const decline = async () => (await api.post(`/returns/${asked.id}/decline`, { answer: words }), onDone());
  return html`<${ConfirmDialog} title=${t('Decline')} confirm=${t('Decline')} onClose=${onClose} onConfirm=${decline}>
    <${FormField} as="textarea" rows="3" label=${t('A word to the buyer')} optional=${t('optional')} value=${words} maxlength="500" dir="auto" onInput=${setWords} />
  <//>`;
}

/**
 * How many buyers wait for an answer about their money, as a way to see them; nothing while there are none.
 *
 * @param {{ count: number, onShow: () => void }} props
 */
export const ReturnsWaiting = ({ count, onShow }) => count > 0 && html`<p class="note row row-wrap"><span class="grow">${tn('{n} buyer wants money back and waits for your answer.', '{n} buyers want money back and wait for your answer.', count)}</span><${Button} size="s" onClick=${onShow}>${t('Answer them')}<//></p>`;
