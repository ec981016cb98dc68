import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { BigCountdown, useSecondsUntil } from '../../components/countdown.js';
import { Button } from '../../components/button.js';
import { Header } from '../../components/header.js';
import { Picture } from '../../components/picture.js';
import { Price } from '../../components/price.js';
import { ReminderButton } from '../../components/follow.js';
import { RemindButton } from '../../components/remind-button.js';
import { roomOwner } from '../../components/room-card.js';
import { Said, SaidAtLength } from '../../components/said.js';
import { EmptyState, errorText } from '../../components/states.js';
import { formatDateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { needsNewLink } from '../../lib/join-token.js';
import { signInHref } from '../../lib/session.js';
import { shareRoom } from './top-bar.js';

/** A replay is ready seconds after the end, or was not made. */
const REPLAY_WAIT_MS = 60_000;
const REPLAY_TRIES = 10;

/** @typedef {import('./show-session.js').ShowSession} ShowSession */

/** Cover, countdown, reminder, and what will be sold. @param {{ session: ShowSession }} props */
export function BeforeShow({ session }) {
  const room = /** @type {import('../../lib/types.js').Room} */ (session.state.room.value);
  const seconds = useSecondsUntil(room.starts_at);
  const offers = session.state.offers.value;
  const { words } = session.state;
  return html`<div class="around">
    <div class="around-inside">
      <p class="around-owner"><bdi>${roomOwner(room)}</bdi></p>
      <h2 class="around-title"><${Said} words=${words} text=${room.title} /></h2>
      ${room.starts_at && html`<p class="around-when"><time dateTime=${room.starts_at}>${formatDateTime(room.starts_at)}</time></p>`}
      ${room.starts_at && seconds > 0 ? html`<${BigCountdown} until=${room.starts_at} />` : html`<p class="around-soon"><span class="live-dot" aria-hidden="true"></span>${t('Starting any moment. Stay here, it begins by itself.')}</p>`}
      ${room.description && html`<${SaidAtLength} words=${words} text=${room.description} class="around-text" />`}
      ${room.recording !== 'off' && html`<p class="around-text around-recorded"><span class="record-dot" aria-hidden="true"></span>${t('It will be recorded, to be watched again.')}</p>`}
      <div class="row row-wrap around-actions">
        ${room.starts_at && seconds > 0 && html`<${ReminderButton} room=${room} /><${RemindButton} room=${room} class="button-glass" />`}
        <${Button} icon="share" class="button-glass" onClick=${() => shareRoom(room)}>${t('Share')}<//>
      </div>
      ${offers.length > 0 &&
      html`<section class="around-offers" aria-labelledby="will-be-sold">
        <h3 id="will-be-sold">${t('What will be sold')}</h3>
        <ul class="around-offer-list">
          ${offers.map((offer) => html`<li key=${offer.id} class="around-offer"><${Picture} picture=${offer.picture} size="fill" /><span class="around-offer-title"><${Said} words=${words} text=${offer.title} withMark=${false} /></span><${Price} price=${offer.price} list=${offer.list_price} /></li>`)}
        </ul>
      </section>`}
    </div>
  </div>`;
}

/** @param {{ session: ShowSession }} props */
export function AfterShow({ session }) {
  const room = /** @type {import('../../lib/types.js').Room} */ (session.state.room.value);
  useEffect(() => {
    session.loadOrders().catch((error) => console.warn('livehub: orders are not known', error));
  }, []);
  const isComing = useReplayToCome(session);
  const orders = [...session.state.orders.value.values()];
  return html`<div class="around">
    <div class="around-inside around-middle">
      <p class="around-owner"><bdi>${roomOwner(room)}</bdi></p>
      <h2 class="around-title">${t('This show has ended')}</h2>
      <p class="around-text">${t('Thank you for watching “{title}”.', { title: session.state.words.plain(room.title) })}</p>
      ${isComing && html`<p class="around-text" role="status"><span class="spinner" aria-hidden="true"></span> ${t('The recording is about to be ready…')}</p>`}
      <div class="row row-wrap around-actions">
        <${Button} kind="video" href="/">${t('See what is live')}<//>
        ${orders.map((order) => html`<${Button} key=${order.id} class="button-glass" href=${`/orders/${order.id}`}>${t('Order {number}', { number: order.number })}<//>`)}
      </div>
    </div>
  </div>`;
}

/** Asks for the room again while its replay may still come; true meanwhile. @param {ShowSession} session */
function useReplayToCome(session) {
  const room = session.state.room.value;
  const [tries, setTries] = useState(0);
  const isExpected = room?.recording !== 'off' && Date.now() - Date.parse(room?.ended_at ?? new Date().toISOString()) < REPLAY_WAIT_MS && tries < REPLAY_TRIES;
  useEffect(() => {
    if (!isExpected) return undefined;
    const timer = setTimeout(async () => {
      await session.refreshRoom().catch((error) => console.warn('livehub: the room cannot be asked', error));
      setTries(tries + 1);
    }, 1_000);
    return () => clearTimeout(timer);
  }, [isExpected, tries]);
  return isExpected;
}

/** Not in the room any more, or never let in. @param {{ session: ShowSession, onRejoin: () => void }} props */
export function Removed({ session, onRejoin }) {
  const { removed, refused } = session.state;
  const isElsewhere = removed.value === 'elsewhere';
  const isBanned = removed.value === 'banned' || refused.value?.code === 'banned';
  const needsAccount = refused.value?.code === 'account_required';
  const isOver = needsNewLink(refused.value);
  const title = isOver ? t('This link no longer works') : isElsewhere ? t('You opened this show somewhere else') : isBanned ? t('You can no longer take part in this show') : t('The show could not be joined');
  const text = isElsewhere
    ? t('It plays in the other window. You can bring it back here.')
    : isBanned
      ? t('The host has removed you. Your orders stay valid, and the shop answers questions about them.')
      : errorText(refused.value);
  const action = html`<div class="row row-wrap">
    ${needsAccount && html`<${Button} kind="primary" href=${signInHref()}>${t('Sign in')}<//>`}
    ${!isBanned && !isOver && !needsAccount && html`<${Button} kind="primary" onClick=${onRejoin}>${isElsewhere ? t('Watch here') : t('Try again')}<//>`}
    <${Button} href="/">${t('See what is live')}<//>
  </div>`;
  return html`<${Header} /><main id="main" class="page"><${EmptyState} icon=${isBanned ? 'lock' : 'screen'} title=${title} action=${action}>${text}<//></main>`;
}
