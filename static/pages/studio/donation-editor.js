import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { parseMoney, plainAmount } from '../../lib/money.js';

/**
 * Something that viewers give to, any amount within limits.
 *
 * @param {{ room: string, currency: string, onSaved: (offer: import('../../lib/types.js').Offer) => void, onClose: () => void }} props
 */
export function DonationEditor({ room, currency, onSaved, onClose }) {
  const [form, setForm] = useState({ title: '', least: '1', suggested: '5', most: '500' });
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }));
  const example = t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) });
  const [least, suggested, most] = [form.least, form.suggested, form.most].map((text) => parseMoney(text, currency));
  const fits = least && suggested && most && least.amount_minor <= suggested.amount_minor && suggested.amount_minor <= most.amount_minor;
  const faults = {
    title: form.title.trim() ? '' : t('Say what it is for.'),
    least: least?.amount_minor ? '' : example,
    suggested: !suggested?.amount_minor ? example : least && most && !fits ? t('The suggested amount lies between the least and the most.') : '',
    most: most?.amount_minor ? '' : example,
  };
  const faultAt = (/** @type {keyof typeof faults} */ field) => (isTried && faults[field]) || (refused.field.startsWith(field) ? refused.text : '');
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some(Boolean)) return;
    setBusy(true);
    try {
      onSaved(await api.post(`/rooms/${room}/donations`, { title: form.title.trim(), least, suggested, most }));
      onClose();
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
      setBusy(false);
    }
  };
  const amount = (/** @type {'least'|'suggested'|'most'} */ name, /** @type {string} */ label) => html`<${FormField} label=${label} suffix=${currency} class="amount-field" inputmode="decimal" dir="ltr" autocomplete="off"
    value=${form[name]} error=${faultAt(name)} onInput=${(/** @type {string} */ value) => set({ [name]: value })} />`;
  return html`<${Dialog} title=${t('Ask for donations')} onClose=${onClose} footer=${html`<div class="row"><span class="grow" /><${Button} kind="primary" type="submit" form="donation-form" busy=${isBusy}>${t('Show it')}<//></div>`}>
    <form id="donation-form" class="stack" onSubmit=${submit} noValidate>
      ${refused.text && !refused.field && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      <${FormField} label=${t('What it is for')} maxlength="160" dir="auto" value=${form.title} error=${faultAt('title')} onInput=${(/** @type {string} */ title) => set({ title })} />
      ${amount('suggested', t('Suggested amount'))} ${amount('least', t('At least'))} ${amount('most', t('At most'))}
    </form>
  <//>`;
}
