import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { CopyField } from '../../components/copy-field.js';
import { refusalText } from '../../components/refusal.js';
import { api } from '../../lib/api.js';
import { formatDateTime } from '../../lib/format.js';
import { locale, t } from '../../lib/i18n.js';

const VALID_FOR_S = 12 * 3600;

/** For those who send with OBS, ffmpeg or GStreamer: the WHIP address and a token. @param {{ session: import('./session.js').StudioSession }} props */
export function ObsPanel({ session }) {
  const [made, setMade] = useState(/** @type {{ token: string, expires_at: string } | null} */ (null));
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const room = session.state.room.value;
  if (!room?.can.includes('room.appoint')) return null;

  const make = async () => {
    setBusy(true);
    setProblem('');
    try {
      const body = { identity: 'encoder', display_name: room.host.display_name, role: 'cohost', locale: locale(), expires_in_s: VALID_FOR_S };
      setMade(await api.post(`/rooms/${room.id}/tokens`, body));
    } catch (error) {
      setProblem(refusalText(error));
    }
    setBusy(false);
  };

  return html`<details class="card obs">
    <summary class="obs-title">${t('Send from OBS or another program')}</summary>
    <div class="stack">
      <p class="muted small">${t('In OBS: Settings, Stream, service “WHIP”. Choose H.264 without B-frames and a keyframe every 2 seconds.')}</p>
      <${CopyField} label=${t('Server')} value=${`${window.location.origin}/api/v1/rooms/${room.id}/whip`} />
      ${made
        ? html`<${CopyField} label=${t('Bearer token')} value=${made.token} secret hint=${t('Valid until {when}. Whoever has it can send into this show.', { when: formatDateTime(made.expires_at) })} />`
        : html`<div><${Button} size="s" icon="lock" busy=${isBusy} onClick=${make}>${t('Make a token')}<//></div>`}
      ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
    </div>
  </details>`;
}
