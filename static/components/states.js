import { html } from 'htm/preact';
import { Problem } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

/** Grey shapes where content will be; give it the content's size by class. @param {{ class?: string }} props */
export const Skeleton = ({ class: extra = '' }) => html`<span class=${`skeleton ${extra}`} aria-hidden="true" />`;

/** @param {{ lines?: number }} props */
export const SkeletonText = ({ lines = 3 }) =>
  html`<span class="skeleton-text" aria-hidden="true">${Array.from({ length: lines }, (_, i) => html`<span key=${i} class="skeleton skeleton-line" />`)}</span>`;

/**
 * Nothing here yet, and what to do next.
 *
 * @param {{ icon?: import('./icon.js').IconName, title: string, children?: any, action?: any }} props
 */
export function EmptyState({ icon = 'live', title, children, action }) {
  return html`<div class="state">
    <span class="state-icon"><${Icon} name=${icon} size=${28} /></span>
    <h3 class="state-title">${title}</h3>
    ${children && html`<p class="state-text">${children}</p>`}
    ${action && html`<div class="state-action">${action}</div>`}
  </div>`;
}

/**
 * What happened, and the way out.
 *
 * @param {{ error: unknown, title?: string, onRetry?: () => void, action?: any }} props
 */
export function ErrorState({ error, title, onRetry, action }) {
  return html`<div class="state" role="alert">
    <span class="state-icon state-icon-bad"><${Icon} name="alert" size=${28} /></span>
    <h3 class="state-title">${title ?? t('This did not work')}</h3>
    <p class="state-text">${errorText(error)}</p>
    <div class="state-action row row-wrap">
      ${onRetry && html`<${Button} kind="primary" onClick=${onRetry}>${t('Try again')}<//>`} ${action}
    </div>
  </div>`;
}

/**
 * One sentence for any error, in the reader's language where its code has words, else the server's own.
 *
 * @param {unknown} error
 */
export function errorText(error) {
  const code = /** @type {{ code?: string }} */ (error)?.code ?? '';
  const words = wordsOf(code);
  if (words) return words;
  if (error instanceof Problem && error.status >= 500) return t('Something went wrong on the server. Please try again in a moment.');
  return error instanceof Error && error.message ? error.message : t('Something went wrong. Please try again.');
}

/** What a visitor may meet. @param {string} code */
function wordsOf(code) {
  switch (code) {
    case 'offline': return t('The server cannot be reached. Check your connection and try again.');
    case 'timeout': return t('The server did not answer in time. Please try again.');
    case 'rate_limited': return t('That was a little fast. Wait a moment and try again.');
    case 'too_many_open_orders': return t('Several of your orders wait for payment. Pay or cancel one of them first.');
    case 'sold_out': return t('Somebody was faster: not that many are left. Choose fewer.');
    case 'buyer_limit': return t('This is more than one buyer may take.');
    case 'coupon_not_found': return t('There is no such coupon in this show.');
    case 'coupon_closed': return t('This coupon is not open now.');
    case 'coupon_unclaimed': return t('Claim this coupon in the show first.');
    case 'coupon_used': return t('You have used this coupon already.');
    case 'donation_outside': return t('This is less or more than may be given at a time.');
    case 'delivery_missing': return t('Please say how you get it.');
    case 'claims_ran_out': return t('You let this run out too often. You can still buy it.');
    case 'too_many_claims': return t('You have claimed as much as one may. Order some of it first.');
    case 'waitlist_full': return t('Too many wait for this already.');
    case 'claim_over': return t('This claim is over.');
    case 'coupon_spent': return t('Nothing of this coupon is left.');
    case 'coupon_minimum': return t('The order is too small for this coupon.');
    case 'auction_closed': return t('This auction is over.');
    case 'auction_not_yours': return t('The time to order this is over, or somebody else has it now.');
    case 'auction_full': return t('This auction takes no more bids.');
    case 'own_auction': return t('You cannot bid in an auction that you run.');
    case 'price_changed': return t('The price has changed in the meantime. Look at the new total, then order again.');
    case 'offer_closed': return t('This offer is not open now.');
    case 'offer_not_found': return t('This product is no longer offered.');
    case 'room_not_live': return t('Buying begins when the show is live.');
    case 'address_missing': return t('Please type where it should go.');
    case 'payment_provider_failed': return t('The payment could not be started. Try again, or choose another way to pay.');
    case 'message_too_long': return t('This message is too long.');
    case 'muted': return t('You cannot write for now.');
    case 'slow_mode': return t('Slow mode is on. Wait a moment before your next line.');
    case 'repeated': return t('You have said this already.');
    case 'room_busy': return t('Too many write at once. Try again in a moment.');
    case 'word_refused': return t('A word in this line is not wanted here.');
    case 'link_refused': return t('Links are not wanted here.');
    case 'line_refused': return t('This line is not wanted here.');
    case 'review_full': return t('Enough lines wait for a moderator. Try again later.');
    case 'banned': return t('You can no longer take part in this show');
    case 'room_not_found': return t('The link may be old, or the show is not open to you.');
    case 'token_expired':
    case 'token_invalid': return t('Go back to the shop’s site and open the show from there again.');
    case 'account_required': return t('This is for people with an account. Sign in, or make one.');
    case 'audience_full':
    case 'too_many_connections': return t('It is full at the moment. Please try again soon.');
    default: return '';
  }
}

/**
 * Shows while the connection is away, or the server is about to end, and goes by itself.
 *
 * @param {{ visible: boolean, text?: string, isRestarting?: boolean }} props
 */
export function ReconnectBanner({ visible, text, isRestarting = false }) {
  const restarting = visible ? t('The server is restarting. This page comes back by itself.') : t('The server restarts in a moment. This page comes back by itself.');
  return html`<div class=${`reconnect ${visible || isRestarting ? 'is-visible' : ''}`} role="status">
    ${(visible || isRestarting) && html`<span class="spinner" aria-hidden="true" /><span>${isRestarting ? restarting : (text ?? t('Connection lost. Reconnecting…'))}</span>`}
  </div>`;
}
