import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { formatDateTime, formatDay } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { DeviceCheck } from './device-check.js';
import { InOtherLanguages } from './languages-panel.js';
import { NetworkCheck } from './network-check.js';
import { ObsPanel } from './obs-panel.js';
import { RestreamPanel } from './restream-panel.js';
import { RunSheet } from './run-sheet.js';
import { ScheduleForm } from './schedule-form.js';
import { StageControls } from './stage-controls.js';
import { StageView } from './stage-view.js';
import { StudioBar } from './studio-bar.js';

/** Before the show: check the devices, put the products in order, go live. @param {{ session: import('./session.js').StudioSession }} props */
export function Preparation({ session }) {
  const { broadcast, state } = session;
  const room = state.room.value;
  const [isStarting, setStarting] = useState(false);
  const [isEditing, edit] = useState(false);
  const mayStart = room?.can.includes('room.edit');
  useEffect(() => {
    if (!broadcast.stream.peek()) broadcast.open();
  }, []);

  const goLive = async () => {
    setStarting(true);
    try {
      await session.goLive();
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
      setStarting(false);
    }
  };
  const hasPicture = broadcast.stream.value || session.isOthersOnStage.value;

  return html`<${StudioBar} session=${session}>
      ${room && mayStart && html`<${IconButton} icon="edit" label=${t('Change {title}', { title: room.title })} onClick=${() => edit(true)} />`}
    <//>
    ${room && isEditing && html`<${ScheduleForm} room=${room} onSaved=${(/** @type {import('../../lib/types.js').Room} */ saved) => (state.room.value = saved)} onClose=${() => edit(false)} />`}
    <main id="main" class="prep">
      <div class="prep-stage">
        <${StageView} session=${session}><${StageControls} session=${session} /><//>
        <div class="prep-go">
          ${room?.starts_at && html`<p class="muted small">${t('Planned for {when}', { when: formatDateTime(room.starts_at) })} · ${formatDay(room.starts_at)}</p>`}
          ${mayStart
            ? html`<${Button} kind="primary" size="l" wide icon="live" busy=${isStarting} onClick=${goLive}>${hasPicture ? t('Go live') : t('Go live without this camera')}<//>`
            : html`<p class="note">${t('The host starts the show. You are ready.')}</p>`}
          ${mayStart && !hasPicture && html`<p class="muted small">${t('Viewers see a picture as soon as another program or device sends one.')}</p>`}
        </div>
      </div>
      <div class="prep-side">
        <${DeviceCheck} session=${session} />
        <${NetworkCheck} session=${session} />
        <${ObsPanel} session=${session} />
        ${room?.can.includes('restream.run') && html`<details class="card obs"><summary class="obs-title">${t('Show it elsewhere too')}</summary><${RestreamPanel} session=${session} /></details>`}
        <${InOtherLanguages} session=${session} />
      </div>
      ${room?.kind === 'show' && html`<div class="prep-sheet"><${RunSheet} session=${session} /></div>`}
    </main>`;
}
