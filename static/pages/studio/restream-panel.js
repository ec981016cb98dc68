import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Badge } from '../../components/badge.js';
import { Button, IconButton } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useWhileVisible } from '../../components/use-load.js';
import { t } from '../../lib/i18n.js';
import { RestreamForm } from './restream-form.js';
import { detailWords, stateWords } from './restream-words.js';

/** @typedef {import('../../lib/types.js').Restream} Restream */

/** How often figures are asked for while something runs. */
const FIGURES_MS = 4_000;

/** Targets at other services: started and stopped here, set up by the host. @param {{ session: import('./session.js').StudioSession }} props */
export function RestreamPanel({ session }) {
  const { restreams } = session;
  const items = restreams.items.value;
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [edited, edit] = useState(/** @type {Restream | 'new' | null} */ (null));
  const [removed, remove] = useState(/** @type {Restream | null} */ (null));
  const room = session.state.room.value;
  const mayEdit = room?.can.includes('restream.edit');
  const load = () => restreams.load().then(() => setError(null), setError);
  useEffect(() => void load(), [restreams]);
  const isRunning = items?.some(({ status }) => !['stopped', 'busy', 'failed'].includes(status.state));
  useWhileVisible(load, isRunning ? FIGURES_MS : 0);

  if (!room?.can.includes('restream.run')) return null;
  return html`<div class="stack restreams">
    <p class="muted small">${t('The show goes to other services at the same time, with the picture that viewers see here.')}</p>
    ${error && !items && html`<${ErrorState} error=${error} onRetry=${load} />`}
    ${!items && !error && html`<${SkeletonText} lines=${3} />`}
    ${items && items.length === 0 && !mayEdit && html`<p class="note">${t('The host has set up no other services.')}</p>`}
    ${items && items.length > 0 && html`<ul class="restream-list">
      ${items.map((item) => html`<${Row} key=${item.id} item=${item} restreams=${restreams} isLive=${room.state === 'live'} mayEdit=${mayEdit} onEdit=${() => edit(item)} onRemove=${() => remove(item)} />`)}
    </ul>`}
    ${items && mayEdit && html`<div><${Button} size="s" icon="plus" onClick=${() => edit('new')}>${t('Add a service')}<//></div>`}
    ${edited && html`<${RestreamForm} restreams=${restreams} target=${edited === 'new' ? undefined : edited} onClose=${() => edit(null)} />`}
    ${removed && html`<${ConfirmDialog} title=${t('Remove {title}?', { title: removed.name })} confirm=${t('Remove')} onClose=${() => remove(null)} onConfirm=${() => restreams.remove(removed.id)}>
      <p>${t('The show does not go there any more, and its key is forgotten.')}</p>
    <//>`}
  </div>`;
}

/**
 * @param {{ item: Restream, restreams: import('./restreams.js').Restreams, isLive: boolean, mayEdit: boolean | undefined, onEdit: () => void, onRemove: () => void }} props
 */
function Row({ item, restreams, isLive, mayEdit, onEdit, onRemove }) {
  const [isBusy, setBusy] = useState(false);
  const { status } = item;
  const nowMs = useNow(status.state === 'retrying');
  const { tone, word } = stateWords(status);
  const isOn = !['stopped', 'failed', 'busy'].includes(status.state);
  const act = async () => {
    setBusy(true);
    await (isOn ? restreams.stop(item.id) : restreams.start(item.id)).catch((error) => toast(refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  const detail = detailWords(status, nowMs);
  return html`<li class="restream">
    <div class="restream-head">
      <div class="grow"><bdi class="strong restream-name">${item.name}</bdi><bdi class="muted small restream-server" dir="ltr">${item.server}</bdi></div>
      <span role="status"><${Badge} tone=${tone}>${word}<//></span>
    </div>
    ${detail && html`<p class=${`small tabular ${tone === 'bad' ? 'restream-bad' : 'muted'}`}>${detail}</p>`}
    <div class="row restream-actions">
      ${isLive
        ? html`<${Button} size="s" kind=${isOn ? 'secondary' : 'primary'} icon=${isOn ? 'end' : 'play'} busy=${isBusy} disabled=${status.state === 'busy'} aria-label=${isOn ? t('Stop {title}', { title: item.name }) : t('Start {title}', { title: item.name })} onClick=${act}>${isOn ? t('Stop') : t('Start')}<//>`
        : html`<span class="muted small">${item.automatic ? t('Begins with the show.') : t('You start it during the show.')}</span>`}
      <span class="grow" />
      ${mayEdit && html`<${IconButton} icon="edit" label=${t('Change {title}', { title: item.name })} onClick=${onEdit} />
        <${IconButton} icon="trash" label=${t('Remove {title}', { title: item.name })} onClick=${onRemove} />`}
    </div>
  </li>`;
}

/** The time once a second, while it is needed. @param {boolean} isNeeded */
function useNow(isNeeded) {
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isNeeded) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isNeeded]);
  return nowMs;
}
