import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { api } from '../../lib/api.js';
import { formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { parseMoney } from '../../lib/money.js';
import { parseStock } from '../desk/product-draft.js';
import { couponWords } from '../room/coupon-view.js';

/** @typedef {import('../../lib/types.js').Coupon} Coupon */

/**
 * Coupons of the show: a new one that viewers claim, and those that run.
 *
 * @param {{ room: string, store: string, currency: string, onClose: () => void }} props
 */
export function CouponEditor({ room, store, currency, onClose }) {
  const [form, setForm] = useState({ code: '', off: '10', kind: 'percent', minimum: '', uses: '50' });
  const [running, setRunning] = useState(/** @type {Coupon[]} */ ([]));
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }));
  const load = () => api.get(`/stores/${store}/coupons`).then(({ items }) => setRunning(items.filter((/** @type {Coupon} */ one) => one.room === room && one.open)), (error) => toast(refusalText(error), { kind: 'bad' }));
  useEffect(() => void load(), []);

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const minimum = parseMoney(form.minimum || '0', currency);
    const off = form.kind === 'percent' ? { percent: parseStock(form.off) } : { amount: parseMoney(form.off, currency) };
    setBusy(true);
    try {
      const body = { code: form.code, ...off, ...(minimum?.amount_minor ? { minimum } : {}), max_uses: parseStock(form.uses), room, claim: true };
      await api.post(`/stores/${store}/coupons`, body);
      set({ code: '' });
      await load();
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
    }
    setBusy(false);
  };
  const end = async (/** @type {Coupon} */ coupon) => {
    await api.delete(`/coupons/${coupon.id}`).catch((error) => toast(refusalText(error), { kind: 'bad' }));
    await load();
  };
  const at = (/** @type {string[]} */ ...fields) => (fields.some((field) => refused.field.startsWith(field)) ? refused.text : '');
  const isElsewhere = refused.text && !at('code', 'coupon', 'percent', 'amount', 'minimum', 'max_uses');
  return html`<${Dialog} title=${t('Coupons')} onClose=${onClose} footer=${html`<div class="row"><span class="grow" /><${Button} kind="primary" type="submit" form="coupon-form" busy=${isBusy} disabled=${!form.code.trim()}>${t('Show the coupon')}<//></div>`}>
    ${running.map((coupon) => html`<div key=${coupon.id} class="row coupon coupon-running"><span class="grow"><strong><bdi>${coupon.code}</bdi></strong> · ${couponWords(coupon)} <span class="muted small tabular">${tn('used {n} time', 'used {n} times', coupon.used ?? 0, { n: formatNumber(coupon.used ?? 0) })}</span></span>
      <${Button} size="s" kind="danger" onClick=${() => end(coupon)}>${t('End')}<//></div>`)}
    <form id="coupon-form" class="stack" onSubmit=${submit} noValidate>
      ${isElsewhere && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      <${FormField} label=${t('Coupon code')} dir="ltr" autocomplete="off" maxlength="32" value=${form.code} error=${at('code', 'coupon')} hint=${t('Viewers claim it with one tap, and have it in their checkout.')} onInput=${(/** @type {string} */ code) => set({ code })} />
      <${FormField} label=${t('Takes off')} as="select" value=${form.kind} onInput=${(/** @type {string} */ kind) => set({ kind })}>
        <option value="percent">${t('A percentage')}</option><option value="amount">${t('An amount')}</option>
      <//>
      <${FormField} label=${form.kind === 'percent' ? t('Percent') : t('Amount')} suffix=${form.kind === 'percent' ? '%' : currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.off} error=${at('percent', 'amount')} onInput=${(/** @type {string} */ off) => set({ off })} />
      <${FormField} label=${t('For orders from')} optional=${form.kind === 'percent' ? t('optional') : undefined} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off" value=${form.minimum} error=${at('minimum')} onInput=${(/** @type {string} */ minimum) => set({ minimum })} />
      <${FormField} label=${t('How many')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.uses} error=${at('max_uses')} onInput=${(/** @type {string} */ uses) => set({ uses })} />
    </form>
  <//>`;
}
