import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { useEditor } from '../../components/use-editor.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { parseMoney, plainAmount } from '../../lib/money.js';

/**
 * Something that viewers give to, any amount within limits.
 *
 * @param {{ room: string, currency: string, onSaved: (offer: import('../../lib/types.js').Offer) => void, onClose: () => void }} props
 */
export function DonationEditor({ room, currency, onSaved, onClose }) {
  // Of money without a smaller coin a single one is next to nothing: yen, đồng, won.
  const unit = parseMoney('1', currency)?.amount_minor === 1 ? 100 : 1;
  const amountsIn = (/** @type {{ least: string, suggested: string, most: string }} */ draft) => [draft.least, draft.suggested, draft.most].map((text) => parseMoney(text, currency));
  const { form, set, faultAt, refusal, isBusy, submit } = useEditor({ title: '', least: String(unit), suggested: String(5 * unit), most: String(500 * unit) }, (draft) => {
    const example = t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) });
    const [least, suggested, most] = amountsIn(draft);
    const fits = least && suggested && most && least.amount_minor <= suggested.amount_minor && suggested.amount_minor <= most.amount_minor;
    return {
      title: draft.title.trim() ? '' : t('Say what it is for.'),
      least: least?.amount_minor ? '' : example,
      suggested: !suggested?.amount_minor ? example : least && most && !fits ? t('The suggested amount lies between the least and the most.') : '',
      most: most?.amount_minor ? '' : example,
    };
  });
  const [least, suggested, most] = amountsIn(form);
  const show = submit(
    () => api.post(`/rooms/${room}/donations`, { title: form.title.trim(), least, suggested, most }),
    (/** @type {import('../../lib/types.js').Offer} */ made) => (onSaved(made), onClose()),
  );
  const amount = (/** @type {'least'|'suggested'|'most'} */ name, /** @type {string} */ label) => html`<${FormField} label=${label} suffix=${currency} inputmode="decimal" dir="ltr" autocomplete="off"
    value=${form[name]} error=${faultAt(name)} onInput=${(/** @type {string} */ value) => set({ [name]: value })} />`;
  return html`<${Dialog} title=${t('Ask for donations')} onClose=${onClose} footer=${html`<div class="row"><span class="grow" /><${Button} kind="primary" type="submit" form="donation-form" busy=${isBusy}>${t('Show it')}<//></div>`}>
    <form id="donation-form" class="stack" onSubmit=${show} noValidate>
      ${refusal && html`<p class="note note-bad" role="alert">${refusal}</p>`}
      <${FormField} label=${t('What it is for')} maxlength="160" dir="auto" value=${form.title} error=${faultAt('title')} onInput=${(/** @type {string} */ title) => set({ title })} />
      ${amount('suggested', t('Suggested amount'))} ${amount('least', t('At least'))} ${amount('most', t('At most'))}
    </form>
  <//>`;
}
