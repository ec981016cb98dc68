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
import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { WebhookEvents } from './webhook-events.js';
import { WebhookLog } from './webhook-log.js';

/** @typedef {import('./webhook-events.js').Endpoint} Endpoint */

/** Addresses that are told of orders by signed requests. @param {{ store: import('../../lib/types.js').Store }} props */
export function Webhooks({ store }) {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<Endpoint[]>} */ (listAll('/webhook-endpoints')), [store.id]);
  const [url, setUrl] = useState('');
  const [made, setMade] = useState(/** @type {(Endpoint & { secret: string }) | null} */ (null));
  const [removed, setRemoved] = useState(/** @type {Endpoint | null} */ (null));
  const [read, setRead] = useState(/** @type {Endpoint | null} */ (null));
  const [selected, setSelected] = useState(/** @type {Endpoint | null} */ (null));
  const [rotated, setRotated] = useState(/** @type {Endpoint | null} */ (null));
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);

  const make = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!/^https?:\/\/\S+$/.test(url.trim())) return setProblem(t('Enter an address that begins with https://'));
    setBusy(true);
    setProblem('');
    try {
      const endpoint = await api.post('/webhook-endpoints', { url: url.trim(), store_id: store.id });
      setMade(endpoint);
      setUrl('');
      set((/** @type {Endpoint[] | null} */ list) => [...(list ?? []), { id: endpoint.id, url: endpoint.url, store_id: store.id }]);
    } catch (refused) {
      setProblem(refusalText(refused));
    }
    setBusy(false);
  };
  const shown = (data ?? []).filter((endpoint) => !endpoint.store_id || endpoint.store_id === store.id);

  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Webhooks')}</h2><p class="muted small">${t('Your own server is told of every order as it changes, signed, so that it can trust it.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${shown.length > 0 && html`<ul class="desk-list">
      ${shown.map((endpoint) => html`<li key=${endpoint.id} class="row row-wrap">
        <bdi class="webhook-url" dir="ltr">${endpoint.url}</bdi>
        <${Button} size="s" onClick=${() => setSelected(endpoint)}>${endpoint.events?.length ? t('Events: {n}', { n: formatNumber(endpoint.events.length) }) : t('Events')}<//>
        <${Button} size="s" onClick=${() => setRead(endpoint)}>${t('What was sent')}<//>
        <${Button} size="s" onClick=${() => setRotated(endpoint)}>${t('New secret')}<//>
        <${Button} size="s" kind="danger" onClick=${() => setRemoved(endpoint)}>${t('Remove')}<//>
      </li>`)}
    </ul>`}
    <form class="row desk-inline-form" onSubmit=${make} noValidate>
      <${FormField} class="grow" label=${t('Address')} type="url" inputmode="url" dir="ltr" value=${url} placeholder="https://example.com/orders" error=${problem}
        onInput=${(/** @type {string} */ value) => (setUrl(value), setProblem(''))} />
      <${Button} type="submit" icon="plus" busy=${isBusy}>${t('Add')}<//>
    </form>
    ${made && html`<${Dialog} title=${t('The signing secret')} onClose=${() => setMade(null)} footer=${html`<${Button} wide kind="primary" onClick=${() => setMade(null)}>${t('I have kept it')}<//>`}>
      <${CopyField} label=${made.url} value=${made.secret} secret hint=${t('It is shown only now. Your server checks the signature of each request with it.')} />
    <//>`}
    ${read && html`<${WebhookLog} endpoint=${read} onClose=${() => setRead(null)} />`}
    ${selected && html`<${WebhookEvents} endpoint=${selected} onClose=${() => setSelected(null)}
      onSaved=${(/** @type {Endpoint} */ saved) => (set((/** @type {Endpoint[] | null} */ list) => (list ?? []).map((one) => (one.id === saved.id ? saved : one))), setSelected(null))} />`}
    ${rotated && html`<${ConfirmDialog} title=${t('Replace the secret?')} confirm=${t('New secret')} onClose=${() => setRotated(null)}
      onConfirm=${async () => setMade(await api.post(`/webhook-endpoints/${rotated.id}/secret`))}><p><bdi dir="ltr">${rotated.url}</bdi></p><p>${t('For a day messages are signed with both, so that you can change over without haste.')}</p><//>`}
    ${removed && html`<${ConfirmDialog} title=${t('Remove this address?')} confirm=${t('Remove')} onClose=${() => setRemoved(null)}
      onConfirm=${async () => {
        await api.delete(`/webhook-endpoints/${removed.id}`);
        set((/** @type {Endpoint[] | null} */ list) => (list ?? []).filter((endpoint) => endpoint.id !== removed.id));
      }}><p><bdi dir="ltr">${removed.url}</bdi></p><p>${t('It is not told of orders any more.')}</p><//>`}
  </section>`;
}
