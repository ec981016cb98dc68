import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').DigitalGood} DigitalGood */

/** What of a product is delivered the moment it is paid. @param {{ product: import('../../lib/types.js').Product }} props */
export function DigitalEditor({ product }) {
  const path = `/products/${product.id}/digital`;
  const { data, error, reload } = useLoad((signal) => /** @type {Promise<{ items: DigitalGood[] }>} */ (api.get(path, { signal })), [path]);
  if (error) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  return html`<details class="card digital-editor"><summary class="strong">${t('Delivered by itself')}</summary>
    <p class="muted small">${t('Buyers have it the moment they have paid, and are asked for no address.')}</p>
    ${data && product.variants.map((variant) => html`<${VariantDigital} key=${variant.sku} path=${path} sku=${variant.sku} title=${variant.title || variant.sku} known=${data.items.find((good) => good.sku === variant.sku) ?? null} />`)}
  </details>`;
}

/** @param {{ path: string, sku: string, title: string, known: DigitalGood | null }} props */
function VariantDigital({ path, sku, title, known }) {
  const [good, setGood] = useState(known);
  const [form, setForm] = useState({ kind: known?.kind ?? '', url: known?.url ?? '', note: known?.note ?? '', codes: '' });
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isBusy, setBusy] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const set = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }), setSaved(false));
  const at = (/** @type {string} */ field) => (refused.field === field ? refused.text : '');
  const save = async () => {
    setBusy(true);
    try {
      if (!form.kind) {
        if (good) await api.delete(`${path}?sku=${encodeURIComponent(sku)}`);
        setGood(null);
      } else {
        setGood(await api.put(path, { sku, kind: form.kind, url: form.url.trim() || null, note: form.note }));
        const codes = form.codes.split('\n').map((code) => code.trim()).filter(Boolean);
        if (form.kind === 'codes' && codes.length) setGood(await api.post(`${path}/codes`, { sku, codes }));
      }
      setForm({ ...form, codes: '' });
      setSaved(true);
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
    }
    setBusy(false);
  };
  return html`<fieldset class="stack digital-variant"><legend class="field-label"><bdi>${title}</bdi></legend>
    <${FormField} label=${t('How it gets to buyers')} as="select" value=${form.kind} onInput=${(/** @type {any} */ kind) => set({ kind })}>
      <option value="">${t('It is sent or picked up')}</option>
      <option value="link">${t('A link for everybody who paid')}</option>
      <option value="codes">${t('A code for each unit')}</option>
    <//>
    ${form.kind && html`<${FormField} label=${form.kind === 'link' ? t('Address') : t('Where codes are used')} type="url" dir="ltr" placeholder="https://" optional=${form.kind === 'codes' ? t('optional') : ''} value=${form.url} error=${at('url')} onInput=${(/** @type {string} */ url) => set({ url })} />
      <${FormField} label=${t('What buyers read with it')} optional=${t('optional')} as="textarea" rows="2" maxlength="1000" dir="auto" value=${form.note} error=${at('note')} onInput=${(/** @type {string} */ note) => set({ note })} />`}
    ${form.kind === 'codes' && html`<${FormField} label=${t('New codes, one a line')} as="textarea" rows="4" dir="ltr" autocomplete="off" spellcheck="false" value=${form.codes} error=${at('codes')}
      hint=${good ? tn('{n} code is left', '{n} codes are left', good.codes_left, { n: formatNumber(good.codes_left) }) : ''} onInput=${(/** @type {string} */ codes) => set({ codes })} />`}
    ${refused.text && !['url', 'note', 'codes'].includes(refused.field) && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
    <div class="row"><span class="grow" role="status">${isSaved ? t('Saved') : ''}</span><${Button} busy=${isBusy} onClick=${save}>${t('Save the delivery')}<//></div>
  </fieldset>`;
}
