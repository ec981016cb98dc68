import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api, listAll } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/** @typedef {{ id: string, url: string, store_id?: string, events?: string[] }} Endpoint */

/**
 * Which events one address is told of: all, or those that are chosen.
 *
 * @param {{ endpoint: Endpoint, onSaved: (endpoint: Endpoint) => void, onClose: () => void }} props
 */
export function WebhookEvents({ endpoint, onSaved, onClose }) {
  const { data, error, reload } = useLoad(() => /** @type {Promise<{ type: string, description: string }[]>} */ (listAll('/webhook-events')), []);
  const [isAll, setAll] = useState(!endpoint.events?.length);
  const [chosen, setChosen] = useState(new Set(endpoint.events ?? []));
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const toggle = (/** @type {string} */ type) => {
    const next = new Set(chosen);
    if (!next.delete(type)) next.add(type);
    setChosen(next);
    setProblem('');
  };
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isAll && !chosen.size) return setProblem(t('Choose at least one event.'));
    setBusy(true);
    try {
      onSaved(await api.patch(`/webhook-endpoints/${endpoint.id}`, { events: isAll ? [] : [...chosen] }));
    } catch (refused) {
      setProblem(refusalText(refused));
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t('Events')} onClose=${onClose} footer=${html`<div class="row"><${Button} onClick=${onClose}>${t('Cancel')}<//><span class="grow" /><${Button} kind="primary" type="submit" form="webhook-events" busy=${isBusy}>${t('Save')}<//></div>`}>
    <form id="webhook-events" class="stack" onSubmit=${save} noValidate>
      <p class="muted small"><bdi dir="ltr">${endpoint.url}</bdi></p>
      ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
      ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
      ${!data && !error && html`<${SkeletonText} lines=${4} />`}
      <label class="check-row"><input type="checkbox" checked=${isAll} onChange=${() => setAll(!isAll)} /><span>${t('All events, also those to come')}</span></label>
      ${!isAll && data && html`<fieldset class="stack check-list"><legend class="sr-only">${t('Events')}</legend>
        ${data.map(({ type, description }) => html`<label key=${type} class="check-row"><input type="checkbox" checked=${chosen.has(type)} onChange=${() => toggle(type)} />
          <span><bdi dir="ltr" class="strong">${type}</bdi><span class="muted small" lang="en">${description}</span></span></label>`)}
      </fieldset>`}
    </form>
  <//>`;
}
