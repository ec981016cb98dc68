import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Countdown, useSecondsUntil } from '../../components/countdown.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { Icon } from '../../components/icon.js';
import { Picture } from '../../components/picture.js';
import { refusalText } from '../../components/refusal.js';
import { Said } from '../../components/said.js';
import { announce } from '../../lib/announce.js';
import { isAtCeiling, standingOf } from '../../lib/auctions.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney, parseMoney, plainAmount } from '../../lib/money.js';
import { needsName } from '../../lib/session.js';
import { NameDialog } from './name-dialog.js';

/** @typedef {import('../../lib/types.js').Auction} Auction */
/** @typedef {import('./show-session.js').ShowSession} ShowSession */

/** How long the end of an auction is shown, in seconds. */
const SHOWN_AFTER_S = 60;

/**
 * The auction that runs, how it ended, and what I won and have not ordered.
 *
 * @param {{ session: ShowSession, onOrder: (auction: string) => void }} props
 */
export function AuctionCards({ session, onOrder }) {
  const { latest, won } = session.auctions;
  const me = session.auctions.me();
  const shown = latest.value;
  const claims = won.value.filter((auction) => standingOf(auction, me) === 'won');
  return html`${claims.map((auction) => html`<${WonCard} key=${auction.id} session=${session} auction=${auction} onOrder=${onOrder} />`)}
    ${shown && standingOf(shown, me) !== 'won' && html`<${AuctionCard} key=${shown.id} session=${session} auction=${shown} me=${me} />`}`;
}

/** @param {{ session: ShowSession, auction: Auction, onOrder: (auction: string) => void }} props */
function WonCard({ session, auction, onOrder }) {
  const [isDeclining, decline] = useState(false);
  const seconds = useSecondsUntil(auction.winner?.until ?? null);
  useEffect(() => {
    if (auction.winner) announce(t('You won it for {price}!', { price: formatMoney(auction.winner.price) }), 'assertive');
  }, [auction.id]);
  if (!auction.winner || seconds <= 0) return null;
  const price = formatMoney(auction.winner.price);
  return html`<section class="auction is-won" aria-label=${t('Auction: {title}', { title: session.state.words.plain(auction.title) })}>
    <${Picture} picture=${auction.picture} size="s" />
    <div class="auction-text"><strong>${t('You won it for {price}!', { price })}</strong>
      <${AuctionTitle} session=${session} auction=${auction} />
      <span class="small">${t('Kept for you:')} <${Countdown} until=${auction.winner.until} /></span></div>
    <${Button} kind="primary" size="s" onClick=${() => onOrder(auction.id)}>${t('Order it')}<//>
    <${Button} kind="quiet" size="s" onClick=${() => decline(true)}>${t('I do not want it')}<//>
    ${isDeclining && html`<${ConfirmDialog} title=${t('Give up what you won?')} confirm=${t('Give it up')} onConfirm=${() => session.auctions.decline(auction.id)} onClose=${() => decline(false)}>
      <p>${t('It goes to whoever bid next, or can be bought again. You cannot get it back.')}</p><//>`}
  </section>`;
}

/** @param {{ session: ShowSession, auction: Auction }} props */
const AuctionTitle = ({ session, auction }) => html`<span class="auction-title"><${Said} words=${session.state.words} text=${auction.title} /></span>`;

/** @param {{ session: ShowSession, auction: Auction, me: string }} props */
function AuctionCard({ session, auction, me }) {
  const [isBidding, openBid] = useState(false);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  /** What a guest wants to bid who has to give a name first. */
  const [waiting, wait] = useState(/** @type {import('../../lib/types.js').Money | null} */ (null));
  const key = useRef({ of: '', key: '' });
  const secondsLeft = useSecondsUntil(auction.state === 'open' ? auction.ends_at : null);
  const secondsShown = useSecondsUntil(auction.closed_at && new Date(Date.parse(auction.closed_at) + SHOWN_AFTER_S * 1000).toISOString());
  const standing = standingOf(auction, me);
  useNews(auction, standing);
  if (auction.state !== 'open' && secondsShown <= 0) return null;
  const isRunning = auction.state === 'open' && secondsLeft > 0;
  const isFull = isAtCeiling(auction);

  /** @param {import('../../lib/types.js').Money} max */
  const bid = async (max) => {
    if (needsName()) {
      openBid(false);
      wait(max);
      return;
    }
    // asked again after a lost answer it is the same bid
    const of = `${auction.id} ${max.amount_minor}`;
    if (key.current.of !== of) key.current = { of, key: crypto.randomUUID() };
    setBusy(true);
    setProblem('');
    try {
      await session.auctions.bid(auction.id, max, key.current.key);
      openBid(false);
    } catch (error) {
      setProblem(bidWords(error, auction));
    }
    setBusy(false);
  };

  return html`<section class=${`auction is-${standing}`} aria-label=${t('Auction: {title}', { title: session.state.words.plain(auction.title) })}>
    <${Picture} picture=${auction.picture} size="s" />
    <div class="auction-text">
      <span class="auction-head"><${Icon} name="megaphone" size=${14} />${auction.mode === 'sudden' ? t('Auction, sudden death') : t('Auction')}
        ${isRunning ? html`<${Countdown} until=${auction.ends_at} class=${secondsLeft <= 10 ? 'is-ending' : ''} />` : auction.state === 'open' ? html`<span>${t('Closing…')}</span>` : html`<span>${t('Over')}</span>`}</span>
      <${AuctionTitle} session=${session} auction=${auction} />
      <span class="auction-price"><strong class="tabular">${formatMoney(auction.price ?? auction.start)}</strong>
        <span class="small">${auction.bids ? tn('{n} bid', '{n} bids', auction.bids) : t('no bids yet')}</span></span>
      <span class="auction-standing small">${standingWords(auction, standing)}</span>
      ${isRunning && isFull && html`<span class="small">${t('It may not cost more: no higher bids are taken')}</span>`}
      ${problem && !isBidding && html`<span class="field-error" role="alert">${problem}</span>`}
    </div>
    ${isRunning && !isFull && session.state.can('buy') && !session.state.can('offer.edit') && html`<div class="auction-act">
      ${standing !== 'leading' && html`<${Button} kind="primary" size="s" busy=${busy && !isBidding} onClick=${() => bid(auction.minimum)}>${t('Bid {price}', { price: formatMoney(auction.minimum) })}<//>`}
      <${Button} kind="secondary" size="s" onClick=${() => (setProblem(''), openBid(true))}>${standing === 'leading' ? t('Raise my maximum') : t('Set a maximum')}<//>
    </div>`}
    ${waiting && html`<${NameDialog} session=${session} why=${t('The host and other viewers see this name beside your bids.')} act=${t('Bid {price}', { price: formatMoney(waiting) })}
      onNamed=${() => (wait(null), bid(waiting))} onClose=${() => wait(null)} />`}
    ${isBidding && html`<${MaximumDialog} auction=${auction} standing=${standing} busy=${busy} refused=${problem} onBid=${bid} onClose=${() => openBid(false)} />`}
  </section>`;
}

/**
 * @param {{ auction: Auction, standing: string, busy: boolean, refused: string, onBid: (max: import('../../lib/types.js').Money) => void, onClose: () => void }} props
 */
function MaximumDialog({ auction, standing, busy, refused, onBid, onClose }) {
  const { currency } = auction.start;
  const [text, setText] = useState('');
  const [fault, setFault] = useState('');
  const own = auction.mine?.max;
  const least = standing === 'leading' && own ? { ...own, amount_minor: own.amount_minor + 1 } : auction.minimum;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const max = parseMoney(text, currency);
    if (!max) return setFault(t('Write the price as {example}.', { example: plainAmount(least) }));
    if (max.amount_minor < least.amount_minor) return setFault(t('Bid {price} or more.', { price: formatMoney(least) }));
    return onBid(max);
  };
  const footer = html`<${Button} kind="primary" wide type="submit" form="bid-form" busy=${busy} disabled=${auction.state !== 'open'}>${t('Bid')}<//>`;
  return html`<${Dialog} title=${t('Your maximum')} onClose=${onClose} footer=${footer}>
    <form id="bid-form" class="stack" onSubmit=${submit} noValidate>
      <p>${t('The most that you would pay. Nobody sees it: we bid for you, each time only as much as it takes to lead. A bid cannot be taken back.')}</p>
      ${own && html`<p class="muted">${t('Your maximum is {price}.', { price: formatMoney(own) })}</p>`}
      <${FormField} label=${t('Maximum')} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${text} error=${fault || refused}
        hint=${t('Bid {price} or more.', { price: formatMoney(least) })} onInput=${(/** @type {string} */ value) => (setText(value), setFault(''))} />
    </form>
  <//>`;
}

/** @param {Auction} auction @param {ReturnType<typeof standingOf>} standing */
function standingWords(auction, standing) {
  const name = auction.winner?.display_name ?? auction.leader?.display_name ?? '';
  switch (standing) {
    case 'leading': return auction.mine?.max ? t('You are the highest, up to {price}', { price: formatMoney(auction.mine.max) }) : t('You are the highest');
    case 'outbid': return t('You were outbid: {name} is the highest', { name });
    case 'watching': return name ? t('{name} is the highest', { name }) : t('Be the first to bid');
    case 'ordered': return t('You won it and ordered it');
    case 'lost': return t('{name} won it', { name });
    case 'over': return auction.state === 'cancelled' ? t('Called off') : t('Nobody won it');
    default: return '';
  }
}

/** @param {unknown} error @param {Auction} auction */
function bidWords(error, auction) {
  const { code, document } = /** @type {{ code?: string, document?: any }} */ (error);
  if (code === 'bid_too_low' && document?.minimum_minor) {
    return t('Bid {price} or more.', { price: formatMoney({ ...auction.start, amount_minor: document.minimum_minor }) });
  }
  return refusalText(error);
}

/**
 * Said to those who do not see the card: being outbid at once, the rest when there is a pause.
 *
 * @param {Auction} auction
 * @param {string} standing
 */
function useNews(auction, standing) {
  const before = useRef('');
  useEffect(() => {
    const known = before.current;
    before.current = standing;
    if (!known || known === standing) return;
    if (standing === 'outbid') announce(t('You were outbid. The price is {price}.', { price: formatMoney(auction.price ?? auction.start) }), 'assertive');
    else if (standing === 'leading') announce(t('You are the highest'));
    else announce(standingWords(auction, /** @type {ReturnType<typeof standingOf>} */ (standing)));
  }, [standing]);
}
