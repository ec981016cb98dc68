import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { Icon } from '../../components/icon.js';
import { errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';

/** @typedef {import('../../lib/types.js').Coupon} Coupon */

/** "€5 off", "10 % off". @param {Coupon} coupon */
export const couponWords = (coupon) => (coupon.amount ? t('{amount} off', { amount: formatMoney(coupon.amount) }) : t('{percent} % off', { percent: coupon.percent ?? 0 }));

/** Coupons of this show, to claim with one tap. @param {{ session: import('./show-session.js').ShowSession }} props */
export function CouponCards({ session }) {
  const coupons = session.coupons.all.value.filter((coupon) => coupon.open);
  const [busy, setBusy] = useState('');
  const claim = async (/** @type {string} */ code) => {
    setBusy(code);
    await session.coupons.claim(code).catch((error) => toast(errorText(error), { kind: 'bad' }));
    setBusy('');
  };
  return html`${coupons.map((coupon) => html`<div key=${coupon.code} class="coupon" role="group" aria-label=${t('Coupon {code}', { code: coupon.code })}>
    <${Icon} name="gift" size=${20} />
    <span class="grow"><strong>${couponWords(coupon)}</strong>${coupon.minimum.amount_minor > 0 && html`<span class="muted small"> ${t('from {amount} on', { amount: formatMoney(coupon.minimum) })}</span>`}</span>
    ${coupon.claimed ? html`<span class="coupon-mine"><${Icon} name="check" size=${16} />${t('Yours')}</span>` : html`<${Button} size="s" kind="primary" busy=${busy === coupon.code} onClick=${() => claim(coupon.code)}>${t('Claim')}<//>`}
  </div>`)}`;
}

/**
 * A code that somebody has, tried before the order.
 *
 * @param {{ session: import('./show-session.js').ShowSession, coupon: Coupon | null, error: string, onCoupon: (coupon: Coupon | null) => void }} props
 */
export function CouponField({ session, coupon, error, onCoupon }) {
  const [code, setCode] = useState('');
  const [refused, setRefused] = useState('');
  const [isBusy, setBusy] = useState(false);
  const apply = async () => {
    setBusy(true);
    setRefused('');
    try {
      onCoupon(await session.coupons.look(code));
    } catch (problem) {
      setRefused(errorText(problem));
    }
    setBusy(false);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault(); // or the order would be placed
    if (code.trim()) apply();
  };
  if (coupon) {
    return html`<div class="row coupon-applied"><span class="grow"><${Icon} name="gift" size=${16} /> <bdi>${coupon.code}</bdi> · ${couponWords(coupon)}</span>
      <${Button} size="s" kind="quiet" onClick=${() => (setCode(''), onCoupon(null))}>${t('Remove')}<//>
      ${error && html`<p class="field-error" role="alert">${error}</p>`}</div>`;
  }
  return html`<div class="row coupon-field">
    <${FormField} label=${t('Coupon code')} optional=${t('optional')} class="grow" dir="ltr" autocomplete="off" autocapitalize="characters" maxlength="32" value=${code} error=${refused || error} onKeyDown=${onKeyDown} onInput=${setCode} />
    <${Button} busy=${isBusy} disabled=${!code.trim()} onClick=${apply}>${t('Apply')}<//>
  </div>`;
}
