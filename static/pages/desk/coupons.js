import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api, listAll } from '../../lib/api.js';
import { formatDate, formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { formatMoney, parseMoney } from '../../lib/money.js';
import { couponWords } from '../room/coupon-view.js';
import { parseStock } from './product-draft.js';

/** @typedef {import('../../lib/types.js').Coupon & { budget?: import('../../lib/types.js').Money|null, spent?: import('../../lib/types.js').Money }} Coupon */

/** Codes of the whole shop: told in letters or on paper, and typed in at the checkout. @param {{ store: import('../../lib/types.js').Store }} props */
export function Coupons({ store }) {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<Coupon[]>} */ (listAll(`/stores/${store.id}/coupons`)), [store.id]);
  const [isNew, setNew] = useState(false);
  const [ended, setEnded] = useState(/** @type {Coupon | null} */ (null));
  const running = (data ?? []).filter((coupon) => coupon.open);
  return html`<section class="card stack" aria-labelledby="coupons">
    <div><h2 id="coupons" class="desk-h2">${t('Coupons')}</h2><p class="muted small">${t('Codes of your own. Buyers type them in at the checkout of any of your shows.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${running.length > 0 && html`<ul class="desk-list">${running.map((coupon) => html`<li key=${coupon.id} class="row">
      <span class="grow"><span><bdi class="desk-row-title" dir="ltr">${coupon.code}</bdi> · ${couponWords(coupon)}</span>
        <span class="muted small tabular">${tn('used {n} time', 'used {n} times', coupon.used ?? 0, { n: formatNumber(coupon.used ?? 0) })}${coupon.budget && coupon.spent && html` · ${t('{spent} of {budget}', { spent: formatMoney(coupon.spent), budget: formatMoney(coupon.budget) })}`}${coupon.ends_at && html` · ${t('until {date}', { date: formatDate(coupon.ends_at) })}`}</span></span>
      ${coupon.room && html`<${Badge}>${t('Show')}<//>`}
      <${Button} size="s" kind="danger" onClick=${() => setEnded(coupon)}>${t('End')}<//>
    </li>`)}</ul>`}
    ${data && !running.length && html`<p class="muted">${t('No coupon runs at the moment.')}</p>`}
    <div><${Button} icon="plus" onClick=${() => setNew(true)}>${t('New coupon')}<//></div>
    ${isNew && html`<${CouponForm} store=${store} onClose=${() => setNew(false)} onMade=${(/** @type {Coupon} */ made) => (set((/** @type {Coupon[] | null} */ list) => [made, ...(list ?? [])]), setNew(false))} />`}
    ${ended && html`<${ConfirmDialog} title=${t('End the coupon {code}?', { code: ended.code })} confirm=${t('End')} onClose=${() => setEnded(null)}
      onConfirm=${async () => {
        const over = await api.delete(`/coupons/${ended.id}`);
        set((/** @type {Coupon[] | null} */ list) => (list ?? []).map((one) => (one.id === over.id ? over : one)));
      }}><p>${t('Orders that have it keep it.')}</p><//>`}
  </section>`;
}

/** @param {{ store: import('../../lib/types.js').Store, onMade: (coupon: Coupon) => void, onClose: () => void }} props */
function CouponForm({ store, onMade, onClose }) {
  const currency = store.currency ?? 'EUR';
  const [form, setForm] = useState({ code: '', kind: 'percent', off: '10', minimum: '', budget: '', uses: '', each: '1', until: '' });
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isBusy, setBusy] = useState(false);
  const change = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }));
  const at = (/** @type {string[]} */ ...fields) => (fields.some((field) => refused.field.startsWith(field)) ? refused.text : '');
  const isElsewhere = refused.text && !at('code', 'coupon', 'percent', 'amount', 'minimum', 'budget', 'max_uses', 'per_buyer', 'ends_at');
  const money = (/** @type {string} */ text) => (text.trim() ? parseMoney(text, currency) : null);

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const [minimum, budget] = [money(form.minimum), money(form.budget)];
    const wrong = form.minimum.trim() && !minimum ? 'minimum' : form.budget.trim() && !budget ? 'budget' : '';
    if (wrong) return setRefused({ field: wrong, text: t('Enter a price.') });
    const off = form.kind === 'percent' ? { percent: parseStock(form.off) } : { amount: parseMoney(form.off, currency) };
    // the day that was chosen is over where the merchant is
    const until = form.until ? new Date(`${form.until}T23:59:59`).toISOString() : null;
    setBusy(true);
    try {
      const body = { code: form.code.trim(), ...off, minimum, budget, max_uses: parseStock(form.uses), per_buyer: parseStock(form.each) ?? 1, ends_at: until };
      onMade(await api.post(`/stores/${store.id}/coupons`, body));
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
      setBusy(false);
    }
  };
  const field = (/** @type {keyof typeof form} */ name) => ({ value: form[name], onInput: (/** @type {string} */ value) => change({ [name]: value }), autocomplete: 'off', dir: 'ltr' });
  return html`<${Dialog} title=${t('New coupon')} onClose=${onClose} footer=${html`<div class="row"><${Button} onClick=${onClose}>${t('Cancel')}<//><span class="grow" /><${Button} kind="primary" type="submit" form="shop-coupon" busy=${isBusy} disabled=${!form.code.trim()}>${t('Save')}<//></div>`}>
    <form id="shop-coupon" class="stack" onSubmit=${submit} noValidate>
      ${isElsewhere && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      <${FormField} label=${t('Coupon code')} maxlength="32" error=${at('code', 'coupon')} ...${field('code')} />
      <div class="variant-grid">
        <${FormField} label=${t('Takes off')} as="select" ...${field('kind')} dir=${undefined}>
          <option value="percent">${t('A percentage')}</option><option value="amount">${t('An amount')}</option>
        <//>
        <${FormField} label=${form.kind === 'percent' ? t('Percent') : t('Amount')} suffix=${form.kind === 'percent' ? '%' : currency} inputmode="decimal" error=${at('percent', 'amount')} ...${field('off')} />
        <${FormField} label=${t('For orders from')} optional=${form.kind === 'percent' ? t('optional') : undefined} suffix=${currency} inputmode="decimal" error=${at('minimum')} ...${field('minimum')} />
      </div>
      <div class="variant-grid">
        <${FormField} label=${t('How many')} optional=${t('optional')} inputmode="numeric" error=${at('max_uses')} ...${field('uses')} />
        <${FormField} label=${t('At most per buyer')} inputmode="numeric" error=${at('per_buyer')} ...${field('each')} />
        <${FormField} label=${t('All that it may take off')} optional=${t('optional')} suffix=${currency} inputmode="decimal" error=${at('budget')} ...${field('budget')} />
      </div>
      <${FormField} label=${t('Last day')} optional=${t('optional')} type="date" error=${at('ends_at')} ...${field('until')} />
    </form>
  <//>`;
}
