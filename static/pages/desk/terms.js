import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { formatMoney, parseMoney } from '../../lib/money.js';

/** @typedef {{ seller_name: string, seller_address: string, seller_email: string, tax_id: string, invoice_note: string, transfer_to: string, cancel_minutes: number, return_days: number, wait_days: number }} Terms */
/** @typedef {{ sku: string, ceiling: import('../../lib/types.js').Money|null, affirmation: import('../../lib/types.js').Affirmation|null }} Rule */
/** @typedef {import('../../lib/types.js').Store} Store */

/** Who sells, and for how long buyers may cancel by themselves. @param {{ store: Store }} props */
export function StoreTerms({ store }) {
  const path = `/stores/${store.id}/terms`;
  const { data, error, reload } = useLoad(() => /** @type {Promise<Terms>} */ (api.get(path)), [path]);
  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Invoices and cancelling')}</h2><p class="muted small">${t('This stands on invoices from now on; those that were issued stay as they are.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${4} />`}
    ${data && html`<${TermsForm} path=${path} known=${data} />`}
  </section>`;
}

/** @param {{ path: string, known: Terms }} props */
function TermsForm({ path, known }) {
  const [values, setValues] = useState({ ...known, cancel_minutes: String(known.cancel_minutes), return_days: String(known.return_days), wait_days: String(known.wait_days) });
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ text) => (setError(null), setValues({ ...values, [name]: text }));
  const fault = (/** @type {string} */ name) => (error?.field === name ? refusalText(error) : '');
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    await api.put(path, { ...values, cancel_minutes: Number(values.cancel_minutes) || 0, return_days: Number(values.return_days) || 0, wait_days: Number(values.wait_days) || 0 }).then(() => toast(t('Saved'), { kind: 'good' }), setError);
    setBusy(false);
  };
  return html`<form class="stack" onSubmit=${save} noValidate>
    <${FormField} label=${t('Seller’s name')} value=${values.seller_name} maxlength="160" dir="auto" error=${fault('seller_name')} onInput=${set('seller_name')} />
    <${FormField} as="textarea" rows="3" label=${t('Seller’s address')} value=${values.seller_address} maxlength="1000" dir="auto" error=${fault('seller_address')} onInput=${set('seller_address')} />
    <${FormField} type="email" label=${t('Email for buyers')} value=${values.seller_email} maxlength="254" dir="ltr" error=${fault('seller_email')} onInput=${set('seller_email')} />
    <${FormField} label=${t('Tax number')} value=${values.tax_id} maxlength="40" dir="ltr" error=${fault('tax_id')} onInput=${set('tax_id')} />
    <${FormField} as="textarea" rows="2" label=${t('Under each invoice')} value=${values.invoice_note} maxlength="1000" dir="auto" error=${fault('invoice_note')} onInput=${set('invoice_note')} />
    <${FormField} as="textarea" rows="3" label=${t('Bank account for transfers')} optional=${t('optional')} hint=${t('Buyers who pay by bank transfer see it, with the number of their order as reference. Without it nobody can.')} value=${values.transfer_to} maxlength="1000" dir="auto" error=${fault('transfer_to')} onInput=${set('transfer_to')} />
    <${FormField} type="number" min="0" max="60" label=${t('Orders wait for a transfer for so many days')} hint=${t('Buyers read until when, and are reminded before. Then the goods are on sale again. 0: without an end.')} value=${values.wait_days} error=${fault('wait_days')} onInput=${set('wait_days')} />
    <${FormField} type="number" min="0" max="43200" label=${t('Buyers may cancel for so many minutes after paying')} hint=${t('Until it is packed; all the money goes back. 0: not by themselves.')} value=${values.cancel_minutes} error=${fault('cancel_minutes')} onInput=${set('cancel_minutes')} />
    <${FormField} type="number" min="0" max="366" label=${t('Buyers may ask for their money back for so many days after it was sent')} hint=${t('You decide each time. 0: they cannot ask.')} value=${values.return_days} error=${fault('return_days')} onInput=${set('return_days')} />
    ${error && !error.field && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    <p><${Button} type="submit" busy=${isBusy}>${t('Save')}<//></p>
  </form>`;
}

/** What buyers of an article affirm, and the most that it may cost. @param {{ store: Store }} props */
export function GoodsRules({ store }) {
  const path = `/stores/${store.id}/goods-rules`;
  const currency = store.currency ?? 'EUR';
  const { data, error, reload } = useLoad(() => /** @type {Promise<{ items: Rule[] }>} */ (api.get(path)), [path]);
  const [values, setValues] = useState({ sku: '', ceiling: '', affirmation: '' });
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ text) => (setProblem(null), setValues({ ...values, [name]: text }));
  const fault = (/** @type {string} */ name) => (problem?.field === name ? refusalText(problem) : '');
  const put = async (/** @type {Record<string, unknown>} */ rule) => {
    setBusy(true);
    await api.put(path, rule).then(() => (setValues({ sku: '', ceiling: '', affirmation: '' }), reload()), setProblem);
    setBusy(false);
  };
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    const ceiling = values.ceiling.trim() ? parseMoney(values.ceiling, currency) : null;
    if (values.ceiling.trim() && !ceiling) return setProblem({ field: 'ceiling', message: t('Enter an amount such as 12.50') });
    put({ sku: values.sku.trim(), ceiling, affirmation: values.affirmation.trim() || null });
  };
  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Listed goods')}</h2><p class="muted small">${t('What buyers have to confirm, such as their age, and the most that an article may cost.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${data && data.items.length > 0 && html`<ul class="desk-list">${data.items.map((rule) => html`<li key=${rule.sku} class="row row-wrap">
      <span class="grow"><bdi class="strong">${rule.sku}</bdi>${rule.ceiling && html` <span class="muted small">${t('at most {price}', { price: formatMoney(rule.ceiling) })}</span>`}${rule.affirmation && html`<br /><span class="small" dir="auto">${rule.affirmation.text}</span>`}</span>
      <${Button} size="s" kind="danger" onClick=${() => put({ sku: rule.sku })}>${t('Remove')}<//>
    </li>`)}</ul>`}
    <form class="stack" onSubmit=${save} noValidate>
      <${FormField} label=${t('Article number')} value=${values.sku} maxlength="64" dir="ltr" error=${fault('sku')} onInput=${set('sku')} />
      <${FormField} as="textarea" rows="2" label=${t('Buyers confirm')} optional=${t('optional')} value=${values.affirmation} maxlength="4000" dir="auto" error=${fault('affirmation')} onInput=${set('affirmation')} />
      <${FormField} label=${t('Costs at most')} optional=${t('optional')} inputmode="decimal" suffix=${currency} value=${values.ceiling} dir="ltr" error=${fault('ceiling')} onInput=${set('ceiling')} />
      ${problem && !problem.field && html`<p class="field-error" role="alert">${refusalText(problem)}</p>`}
      <p><${Button} type="submit" icon="plus" busy=${isBusy} disabled=${!values.sku.trim()}>${t('Save the rule')}<//></p>
    </form>
  </section>`;
}
