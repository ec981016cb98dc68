import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { api, listAll } from '../lib/api.js';
import { formatClock, formatDateTime, formatNumber } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { fileAddress } from '../lib/replay.js';
import { Badge } from './badge.js';
import { Button, IconButton } from './button.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { refusalText } from './refusal.js';
import { ErrorState, SkeletonText } from './states.js';
import { toast } from './toast.js';
import { useLoad, useWhileVisible } from './use-load.js';

/** @typedef {import('../lib/types.js').Recording} Recording */

const POLL_MS = 2_000;

/**
 * What is kept, newest first: watch, take away as a file, delete.
 *
 * @param {{ path: string, empty?: any, withTitle?: boolean }} props `path` of the list; `withTitle` names the room of each
 */
export function RecordingList({ path, empty, withTitle = false }) {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<Recording[]>} */ (listAll(path)), [path]);
  const [dropped, setDropped] = useState(/** @type {Recording | null} */ (null));
  const isBusy = (data ?? []).some((recording) => recording.file.state === 'preparing' || recording.state === 'recording');
  useWhileVisible(() => reload(), isBusy ? POLL_MS : 0);

  if (error && !data) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${SkeletonText} lines=${3} />`;
  if (!data.length) return empty ?? null;
  const prepare = async (/** @type {Recording} */ recording) => {
    try {
      const asked = await api.post(`/recordings/${recording.id}/file`);
      set((/** @type {Recording[] | null} */ list) => (list ?? []).map((other) => (other.id === asked.id ? { ...other, file: asked.file } : other)));
    } catch (refused) {
      toast(refusalText(refused), { kind: 'bad' });
    }
  };
  const remove = async (/** @type {Recording} */ recording) => {
    await api.delete(`/recordings/${recording.id}`);
    set((/** @type {Recording[] | null} */ list) => (list ?? []).filter((other) => other.id !== recording.id));
    toast(t('The recording is deleted.'), { kind: 'good' });
  };
  const newestFirst = [...data].sort((a, b) => b.started_at.localeCompare(a.started_at));
  return html`<ul class="recording-list">
      ${newestFirst.map((recording) => html`<${Row} key=${recording.id} recording=${recording} withTitle=${withTitle} onPrepare=${prepare} onDelete=${() => setDropped(recording)} />`)}
    </ul>
    ${dropped && html`<${ConfirmDialog} title=${t('Delete this recording?')} confirm=${t('Delete for good')} onClose=${() => setDropped(null)} onConfirm=${() => remove(dropped)}>
      <p>${t('Nobody can watch it any more, and it cannot be brought back. Download it first if you want to keep it.')}</p>
    <//>`}`;
}

/** @param {{ recording: Recording, withTitle: boolean, onPrepare: (recording: Recording) => void, onDelete: () => void }} props */
function Row({ recording, withTitle, onPrepare, onDelete }) {
  const when = formatDateTime(recording.started_at);
  const name = withTitle && recording.room_title ? recording.room_title : when;
  return html`<li class="recording-row">
    <div class="grow recording-about">
      <bdi class="recording-name">${name}</bdi>
      <span class="muted small tabular">${withTitle && html`<span>${when}</span>`}<span>${formatClock(recording.duration_s)}</span><span>${sizeWords(recording.size_bytes)}</span></span>
      ${noteOn(recording)}
    </div>
    ${recording.state === 'recording' && html`<${Badge} tone="live">${t('Recording')}<//>`}
    ${recording.state === 'ready' && html`
      <${Button} size="s" icon="play" href=${`/r/${recording.room_id}`}>${t('Watch')}<//>
      <${FileButton} recording=${recording} name=${name} onPrepare=${() => onPrepare(recording)} />`}
    ${recording.state !== 'recording' && html`<${IconButton} icon="trash" label=${t('Delete the recording of {when}', { when })} onClick=${onDelete} />`}
  </li>`;
}

/** One press makes the file, the next takes it. @param {{ recording: Recording, name: string, onPrepare: () => void }} props */
function FileButton({ recording, name, onPrepare }) {
  const { state, progress } = recording.file;
  if (state === 'ready') return html`<${Button} size="s" kind="primary" icon="download" href=${fileAddress(recording.id)} download=${`${name}.mp4`}>${t('Download')}<//>`;
  if (state === 'preparing') {
    const share = Math.round(progress * 100);
    return html`<span class="recording-progress" role="status">
      <progress max="100" value=${share} aria-label=${t('The file is being made')} /><span class="tabular small">${t('{n} %', { n: formatNumber(share) })}</span>
    </span>`;
  }
  return html`<${Button} size="s" icon="download" onClick=${onPrepare}>${t('Make a file')}<//>`;
}

/** What somebody should know of it. @param {Recording} recording */
function noteOn({ state, reason, file, deleted_after: deletedAfter }) {
  if (state === 'failed') return html`<span class="recording-note is-bad">${t('It could not be kept: the disk refused.')}</span>`;
  if (file.state === 'failed') return html`<span class="recording-note is-bad">${t('The file could not be made. Try again.')}</span>`;
  if (reason === 'disk_full') return html`<span class="recording-note">${t('It ended early: the server’s disk was full.')}</span>`;
  if (reason === 'interrupted') return html`<span class="recording-note">${t('It was cut off by a restart of the server.')}</span>`;
  if (deletedAfter) return html`<span class="recording-note">${t('Kept until {when}', { when: formatDateTime(deletedAfter) })}</span>`;
  return null;
}

/** "1.2 GB". @param {number} bytes */
function sizeWords(bytes) {
  const isLarge = bytes >= 1e9;
  const size = bytes / (isLarge ? 1e9 : 1e6);
  const n = formatNumber(size >= 10 ? Math.round(size) : Math.round(size * 10) / 10);
  return isLarge ? t('{n} GB', { n }) : t('{n} MB', { n });
}
