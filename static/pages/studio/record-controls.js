import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { IconButton } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { announce } from '../../lib/announce.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */
/** @typedef {'start'|'pause'|'resume'|'stop'} Action */

/** Whether the show is being recorded, and for its host the buttons that change it. @param {{ session: StudioSession }} props */
export function RecordControls({ session }) {
  const { state, since } = session.state.recording.value;
  const room = session.state.room.value;
  const [isBusy, setBusy] = useState(false);
  const [isStopping, stop] = useState(false);
  if (!room || (room.recording === 'off' && state === 'off')) return null;
  const act = async (/** @type {Action} */ action) => {
    setBusy(true);
    try {
      session.state.recording.value = await api.post(`/rooms/${room.id}/recording`, { action });
      announce(wordsOf(session.state.recording.value.state));
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
    setBusy(false);
  };
  const may = room.can.includes('room.record');
  const button = (/** @type {Action} */ action, /** @type {any} */ icon, /** @type {string} */ label) =>
    html`<${IconButton} icon=${icon} label=${label} busy=${isBusy} onClick=${() => (action === 'stop' ? stop(true) : act(action))} />`;
  /** @type {Record<typeof state, [Action, any, string]>} one button all along, which keeps the focus */
  const nexts = { off: ['start', 'record', t('Start the recording')], recording: ['pause', 'pause', t('Pause the recording')], paused: ['resume', 'record', t('Resume the recording')] };
  const next = nexts[state];
  return html`<div class="strip-item strip-recording" role="group" aria-label=${t('Recording')}>
    <span class="strip-label">${t('Recording')}</span>
    <span class="row">
      <span class=${`strip-value ${state === 'recording' ? 'strip-bad' : state === 'paused' ? 'strip-warn' : ''}`} title=${since ?? undefined}>
        <span class=${`record-dot is-${state}`} aria-hidden="true" />${wordsOf(state)}
      </span>
      ${may && button(...next)}
      ${may && state !== 'off' && button('stop', 'end', t('Stop the recording'))}
    </span>
    ${isStopping && html`<${ConfirmDialog} title=${t('Stop the recording?')} confirm=${t('Stop')} onClose=${() => stop(false)} onConfirm=${() => act('stop')}>
      <p>${t('What was recorded is kept. You can start again; both parts follow one another in the replay.')}</p>
    <//>`}
  </div>`;
}

/** @param {import('../../lib/types.js').RecordingNow['state']} state */
const wordsOf = (state) => ({ off: t('Off'), recording: t('On'), paused: t('Paused') })[state];

/** Who is on stage and not recorded, and why recording ended by itself. @param {{ session: StudioSession }} props */
export function RecordNotes({ session }) {
  const { reason, not_recorded: missing } = session.state.recording.value;
  const names = missing.map((identity) => session.state.tracks.value.find((track) => track.publisher === identity)?.display_name ?? identity);
  if (reason === 'disk_full') return html`<p class="note note-bad record-note" role="alert">${t('Recording stopped: the server’s disk is full.')}</p>`;
  if (reason === 'disk_error') return html`<p class="note note-bad record-note" role="alert">${t('Recording stopped: the server’s disk refused. What came before is kept.')}</p>`;
  if (reason === 'unavailable') return html`<p class="note note-bad record-note" role="alert">${t('Not recorded: this server has no place for another recording now.')}</p>`;
  if (!names.length) return null;
  return html`<p class="note note-warn record-note" role="status">${t('Not in the recording, for they have not agreed: {names}', { names: new Intl.ListFormat(document.documentElement.lang).format(names) })}</p>`;
}
