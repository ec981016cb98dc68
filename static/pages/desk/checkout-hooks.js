import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { CopyField } from '../../components/copy-field.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api, listAll } from '../../lib/api.js';
import { formatDateTime, formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';

/**
 * @typedef {{ id: string, url: string, deadline_ms: number, on_failure: 'refuse'|'default', failure: { at: string, reason: string } | null, rests: boolean }} Hook
 * @typedef {{ ok: boolean, took_ms: number, reason: string | null, answer: { charges: { title: string, amount: import('../../lib/types.js').Money, included: boolean }[], affirmations: { text: string }[], refusal: string | null } | null }} Trial
 */

/** Addresses that say what orders cost besides their goods. @param {{ store: import('../../lib/types.js').Store }} props */
export function CheckoutHooks({ store }) {
  const path = `/stores/${store.id}/checkout-hooks`;
  const { data, error, reload } = useLoad(() => /** @type {Promise<Hook[]>} */ (listAll(path)), [path]);
  const [edited, setEdited] = useState(/** @type {Hook | 'new' | null} */ (null));
  const [made, setMade] = useState(/** @type {(Hook & { secret: string }) | null} */ (null));
  const [rotated, setRotated] = useState(/** @type {Hook | null} */ (null));
  const [removed, setRemoved] = useState(/** @type {Hook | null} */ (null));
  const [tried, setTried] = useState(/** @type {Hook | null} */ (null));

  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Tax and delivery costs from your server')}</h2><p class="muted small">${t('At checkout your own server is asked, signed, what is added to an order, what buyers have to agree to, or whether it may be placed.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${data && data.length > 0 && html`<ul class="desk-list">${data.map((hook) => html`<li key=${hook.id} class="row row-wrap">
      <span class="grow"><bdi class="webhook-url" dir="ltr">${hook.url}</bdi><span class="muted small">${t('{n} ms', { n: formatNumber(hook.deadline_ms) })} · ${policyWord(hook.on_failure)}</span>
        ${hook.failure && html`<span class="field-error">${t('Failed {when}', { when: formatDateTime(hook.failure.at) })}: <bdi dir="ltr">${hook.failure.reason}</bdi></span>`}</span>
      <${Button} size="s" onClick=${() => setTried(hook)}>${t('Try it')}<//>
      <${Button} size="s" onClick=${() => setEdited(hook)}>${t('Edit')}<//>
      <${Button} size="s" onClick=${() => setRotated(hook)}>${t('New secret')}<//>
      <${Button} size="s" kind="danger" onClick=${() => setRemoved(hook)}>${t('Remove')}<//>
    </li>`)}</ul>`}
    ${data && data.length < 3 && html`<p><${Button} icon="plus" onClick=${() => setEdited('new')}>${t('Add an address')}<//></p>`}
    ${edited && html`<${HookDialog} path=${path} hook=${edited === 'new' ? null : edited} onClose=${() => setEdited(null)}
      onSaved=${(/** @type {Hook & { secret?: string }} */ saved) => (setEdited(null), saved.secret && setMade(/** @type {Hook & { secret: string }} */ (saved)), reload())} />`}
    ${made && html`<${Dialog} title=${t('The signing secret')} onClose=${() => setMade(null)} footer=${html`<${Button} wide kind="primary" onClick=${() => setMade(null)}>${t('I have kept it')}<//>`}>
      <${CopyField} label=${made.url} value=${made.secret} secret hint=${t('It is shown only now. Your server checks the signature of each request with it.')} />
    <//>`}
    ${tried && html`<${TrialDialog} path=${`${path}/${tried.id}/test`} hook=${tried} onClose=${() => setTried(null)} />`}
    ${rotated && html`<${ConfirmDialog} title=${t('Replace the secret?')} confirm=${t('New secret')} onClose=${() => setRotated(null)}
      onConfirm=${async () => setMade(await api.post(`${path}/${rotated.id}/secret`))}><p><bdi dir="ltr">${rotated.url}</bdi></p><p>${t('For a day messages are signed with both, so that you can change over without haste.')}</p><//>`}
    ${removed && html`<${ConfirmDialog} title=${t('Remove this address?')} confirm=${t('Remove')} onClose=${() => setRemoved(null)}
      onConfirm=${async () => (await api.delete(`${path}/${removed.id}`), reload())}><p><bdi dir="ltr">${removed.url}</bdi></p><p>${t('It is not asked any more, and nothing is added to orders for it.')}</p><//>`}
  </section>`;
}

/** @param {Hook['on_failure']} policy */
const policyWord = (policy) => (policy === 'refuse' ? t('Without an answer nobody can buy') : t('Without an answer nothing is added'));

/** @param {{ path: string, hook: Hook | null, onSaved: (hook: Hook & { secret?: string }) => void, onClose: () => void }} props */
function HookDialog({ path, hook, onSaved, onClose }) {
  const [url, setUrl] = useState(hook?.url ?? '');
  const [deadline, setDeadline] = useState(String(hook?.deadline_ms ?? 2000));
  const [policy, setPolicy] = useState(/** @type {string} */ (hook?.on_failure ?? 'refuse'));
  const [faults, setFaults] = useState({ url: '', deadline: '', other: '' });
  const [isBusy, setBusy] = useState(false);
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const ms = Number(deadline);
    const found = {
      url: /^https?:\/\/\S+$/.test(url.trim()) ? '' : t('Enter an address that begins with https://'),
      deadline: Number.isInteger(ms) && ms >= 100 && ms <= 5000 ? '' : t('From {least} to {most}', { least: formatNumber(100), most: formatNumber(5000) }),
      other: '',
    };
    setFaults(found);
    if (found.url || found.deadline) return;
    setBusy(true);
    try {
      const body = { url: url.trim(), deadline_ms: ms, on_failure: policy };
      onSaved(hook ? await api.patch(`${path}/${hook.id}`, body) : await api.post(path, body));
    } catch (refused) {
      setFaults({ ...found, other: refusalText(refused) });
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${hook ? t('Edit') : t('Add an address')} onClose=${onClose} footer=${html`<div class="row"><${Button} onClick=${onClose}>${t('Cancel')}<//><span class="grow" /><${Button} kind="primary" type="submit" form="checkout-hook" busy=${isBusy}>${t('Save')}<//></div>`}>
    <form id="checkout-hook" class="stack" onSubmit=${save} noValidate>
      <${FormField} label=${t('Address')} type="url" inputmode="url" dir="ltr" value=${url} placeholder="https://example.com/quote" error=${faults.url} onInput=${setUrl} />
      <${FormField} label=${t('Milliseconds to answer in')} inputmode="numeric" dir="ltr" value=${deadline} error=${faults.deadline} onInput=${setDeadline} />
      <${FormField} label=${t('When it does not answer')} as="select" value=${policy} onInput=${setPolicy}>
        <option value="refuse">${policyWord('refuse')}</option><option value="default">${policyWord('default')}</option>
      <//>
      ${faults.other && html`<p class="field-error" role="alert">${faults.other}</p>`}
    </form>
  <//>`;
}

/** Asks the address about a made-up basket, and shows what it said. @param {{ path: string, hook: Hook, onClose: () => void }} props */
function TrialDialog({ path, hook, onClose }) {
  const { data, error, isLoading, reload } = useLoad(() => /** @type {Promise<Trial>} */ (api.post(path)), [path]);
  const answer = data?.answer;
  return html`<${Dialog} title=${t('Try it')} onClose=${onClose} footer=${html`<div class="row"><${Button} onClick=${onClose}>${t('Close')}<//><span class="grow" /><${Button} kind="primary" busy=${isLoading} onClick=${reload}>${t('Try again')}<//></div>`}>
    <div class="stack">
      <p><bdi dir="ltr">${hook.url}</bdi></p>
      ${error && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
      ${!data && !error && html`<${SkeletonText} lines=${2} />`}
      ${data && !error && html`<p role="status" class=${answer ? 'strong' : 'field-error'}>${answer ? t('It answered in {n} ms.', { n: formatNumber(data.took_ms) }) : html`${t('That is no answer:')} <bdi dir="ltr">${data.reason}</bdi>`}</p>`}
      ${answer && !error && html`${answer.refusal ? html`<p dir="auto">${answer.refusal}</p>` : html`<ul class="desk-list">
        ${answer.charges.map((charge) => html`<li class="row"><bdi class="grow">${charge.title}</bdi><bdi class="tabular">${formatMoney(charge.amount)}</bdi></li>`)}
        ${answer.affirmations.map(({ text }) => html`<li class="lines" dir="auto">${text}</li>`)}
      </ul>${!answer.charges.length && !answer.affirmations.length && html`<p>${t('Nothing is added.')}</p>`}`}`}
    </div>
  <//>`;
}
