import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { errorText, ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/**
 * @typedef {{ id: string, type: string, state: 'waiting'|'delivered'|'given_up', attempts: number, answer: string, created_at: string,
 *   due_at: string|null, body: string }} Delivery
 */

const stateText = (/** @type {Delivery['state']} */ state) => ({ waiting: t('Waiting'), delivered: t('Delivered'), given_up: t('Given up') })[state];

/** What one address was sent, and sending it again. @param {{ endpoint: { id: string, url: string }, onClose: () => void }} props */
export function WebhookLog({ endpoint, onClose }) {
  const path = `/webhook-endpoints/${endpoint.id}`;
  const { data, error, reload, set } = useLoad(async () => /** @type {Delivery[]} */ ((await api.get(`${path}/deliveries?limit=100`)).items), [endpoint.id]);
  const [problem, setProblem] = useState('');
  const send = async (/** @type {string} */ where) => {
    setProblem('');
    try {
      const sent = /** @type {Delivery} */ (await api.post(where));
      set((/** @type {Delivery[] | null} */ list) => [sent, ...(list ?? []).filter((one) => one.id !== sent.id)]);
    } catch (refused) {
      setProblem(errorText(refused));
    }
  };
  const footer = html`<div class="row"><${Button} onClick=${reload}>${t('Refresh')}<//><${Button} kind="primary" onClick=${() => send(`${path}/test`)}>${t('Send a test')}<//></div>`;

  return html`<${Dialog} title=${t('What was sent')} onClose=${onClose} footer=${footer}>
    <p class="muted small"><bdi dir="ltr">${endpoint.url}</bdi></p>
    ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${3} />`}
    ${data && data.length === 0 && html`<p class="muted">${t('Nothing was sent yet.')}</p>`}
    <ul class="desk-list">
      ${(data ?? []).map((one) => html`<li key=${one.id} class="row">
        <details class="grow">
          <summary><bdi dir="ltr">${one.type}</bdi> <span class="muted small">${stateText(one.state)} · <time class="tabular" datetime=${one.created_at}>${new Date(one.created_at).toLocaleString()}</time></span></summary>
          ${one.answer && html`<p class="small" dir="ltr">${one.answer}</p>`}
          <pre class="small webhook-body" dir="ltr">${one.body}</pre>
        </details>
        <${Button} size="s" onClick=${() => send(`${path}/deliveries/${one.id}/replay`)}>${t('Send again')}<//>
      </li>`)}
    </ul>
  <//>`;
}
