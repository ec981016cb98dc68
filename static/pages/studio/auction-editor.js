import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Countdown, useSecondsUntil } from '../../components/countdown.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { Icon } from '../../components/icon.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { useEditor } from '../../components/use-editor.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney, parseMoney, plainAmount } from '../../lib/money.js';

/** @typedef {import('../../lib/types.js').Offer} Offer */
/** @typedef {import('../../lib/types.js').Auction} Auction */
/** @typedef {import('../../lib/auctions.js').RoomAuctions} RoomAuctions */

/** How long a bid in the last seconds may give the others; the server takes 5 to 120. */
const SOFT_CLOSES_S = [10, 15, 30, 60, 120];

/** @param {string} close seconds, or that nothing is given */
const closeOf = (close) => (close === 'sudden' ? { mode: 'sudden' } : { mode: 'soft', extend_s: Number(close) });

/** @param {string} text @param {string} currency */
function amountIn(text, currency) {
  const money = parseMoney(text, currency);
  return money && money.amount_minor > 0 ? money : null;
}

/**
 * One unit of an offer to whoever bids most.
 *
 * @param {{ offer: Offer, auctions: RoomAuctions, onClose: () => void }} props
 */
export function AuctionEditor({ offer, auctions, onClose }) {
  const { currency } = offer.price;
  const { form, set, faultAt, refusal, isBusy, submit } = useEditor({ start: '', increment: '', seconds: '60', close: '15', pay: '15', lapse: 'runner_up' }, (draft) => {
    const example = t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) });
    return { start: amountIn(draft.start, currency) ? '' : example, increment: amountIn(draft.increment, currency) ? '' : example };
  });
  const begin = submit(() => auctions.start({
    offer: offer.id, start: amountIn(form.start, currency), increment: amountIn(form.increment, currency), seconds: Number(form.seconds), ...closeOf(form.close),
    pay_minutes: Number(form.pay), lapse: form.lapse,
  }), onClose);
  const footer = html`<${Button} kind="primary" wide type="submit" form="auction-form" busy=${isBusy}>${t('Start the auction')}<//>`;
  return html`<${Dialog} title=${t('Auction of {title}', { title: offer.title })} onClose=${onClose} footer=${footer}>
    <form id="auction-form" class="stack" onSubmit=${begin} noValidate>
      ${refusal && html`<p class="note note-bad" role="alert">${refusal}</p>`}
      <p class="muted">${t('One unit goes to whoever bids most. It is taken out of what can be bought meanwhile.')}</p>
      <${FormField} label=${t('First price')} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.start} error=${faultAt('start')} onInput=${(/** @type {string} */ value) => set({ start: value })} />
      <${FormField} label=${t('Each bid raises it by')} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.increment} error=${faultAt('increment')} onInput=${(/** @type {string} */ value) => set({ increment: value })} />
      <${FormField} label=${t('Ends')} as="select" value=${form.seconds} onInput=${(/** @type {string} */ seconds) => set({ seconds })}>
        ${[15, 30].map((seconds) => html`<option key=${seconds} value=${seconds}>${tn('In {n} second', 'In {n} seconds', seconds)}</option>`)}
        ${[1, 2, 3, 5, 10, 15, 30, 60].map((minutes) => html`<option key=${minutes} value=${minutes * 60}>${tn('In {n} minute', 'In {n} minutes', minutes)}</option>`)}
      <//>
      <${FormField} label=${t('A bid in the last seconds')} as="select" value=${form.close} onInput=${(/** @type {string} */ close) => set({ close })}>
        ${SOFT_CLOSES_S.map((seconds) => html`<option key=${seconds} value=${seconds}>${tn('gives the others {n} second more', 'gives the others {n} seconds more', seconds)}</option>`)}
        <option value="sudden">${t('changes nothing: sudden death')}</option>
      <//>
      <${FormField} label=${t('The winner has to order')} as="select" value=${form.pay} onInput=${(/** @type {string} */ pay) => set({ pay })}>
        ${[5, 15, 30, 60].map((minutes) => html`<option key=${minutes} value=${minutes}>${tn('Within {n} minute', 'Within {n} minutes', minutes)}</option>`)}
        <option value="1440">${t('Within a day')}</option>
      <//>
      <${FormField} label=${t('If they do not')} as="select" value=${form.lapse} onInput=${(/** @type {string} */ lapse) => set({ lapse })}>
        <option value="runner_up">${t('it is offered to the next bidder')}</option><option value="release">${t('it can be bought again')}</option>
      <//>
    </form>
  <//>`;
}

/** The auction that runs, or how the last one went. @param {{ auctions: RoomAuctions, mayEdit: boolean }} props */
export function AuctionPanel({ auctions, mayEdit }) {
  const [isAsking, ask] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const auction = auctions.latest.value;
  const seconds = useSecondsUntil(auction?.state === 'open' ? auction.ends_at : null);
  if (!auction) return null;
  const end = async () => {
    setBusy(true);
    await auctions.stop(auction.id, 'end').catch((error) => toast(refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  return html`<section class="auction-panel" aria-label=${t('Auction: {title}', { title: auction.title })}>
    <div class="grow">
      <span class="row row-wrap"><strong>${t('Auction')}</strong><bdi>${auction.title}</bdi>
        ${auction.state === 'open' && html`<${Badge} tone="warn"><${Icon} name="clock" size=${14} />${seconds > 0 ? html`<${Countdown} until=${auction.ends_at} />` : t('Closing…')}<//>`}</span>
      <span class="row row-wrap"><strong class="tabular">${formatMoney(auction.winner?.price ?? auction.price ?? auction.start)}</strong><span class="muted small">${tn('{n} bid', '{n} bids', auction.bids)}</span>
        <span class="small">${stateWords(auction)}</span>
        ${auction.declined > 0 && html`<span class="muted small">${tn('{n} winner did not want it', '{n} winners did not want it', auction.declined)}</span>`}</span>
    </div>
    ${mayEdit && auction.state === 'open' && html`<${Button} size="s" busy=${isBusy} onClick=${end}>${t('End now')}<//><${Button} size="s" kind="quiet" onClick=${() => ask(true)}>${t('Call off')}<//>`}
    ${isAsking && html`<${ConfirmDialog} title=${t('Call the auction off?')} confirm=${t('Call the auction off')} onConfirm=${() => auctions.stop(auction.id, 'cancel')} onClose=${() => ask(false)}>
      <p>${t('Nobody wins, and the unit can be bought again.')}</p><//>`}
  </section>`;
}

/** @param {Auction} auction */
function stateWords(auction) {
  const name = auction.winner?.display_name ?? auction.leader?.display_name ?? '';
  switch (auction.state) {
    case 'open': return name ? t('{name} is the highest', { name }) : t('no bids yet');
    case 'awarded': return t('{name} won it and has to order', { name });
    case 'ordered': return t('{name} ordered it', { name });
    case 'sold': return t('{name} paid for it', { name });
    case 'cancelled': return t('Called off');
    default: return t('Nobody won it');
  }
}
