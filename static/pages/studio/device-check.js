import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { LevelMeter } from '../../components/level-meter.js';
import { t } from '../../lib/i18n.js';
import { playTestTone, watchLevel } from '../../lib/media-devices.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

const QUIET_FOR_MS = 6_000;

/** Which camera, which microphone, and whether it hears anything. @param {{ session: StudioSession }} props */
export function DeviceCheck({ session }) {
  const { broadcast } = session;
  const { cameras, microphones } = broadcast.devices.value;
  const stream = broadcast.stream.value;
  const version = broadcast.version.value;
  const used = (/** @type {'audio'|'video'} */ kind) => stream?.getTracks().find((track) => track.kind === kind)?.getSettings().deviceId ?? '';
  const options = (/** @type {MediaDeviceInfo[]} */ devices) =>
    devices.map((device, i) => html`<option key=${device.deviceId} value=${device.deviceId}>${device.label || t('Device {n}', { n: i + 1 })}</option>`);

  return html`<section class="card stack device-check">
    <h2 class="studio-h2">${t('Camera and sound')}</h2>
    ${stream && html`
      ${broadcast.source.value === 'camera' && cameras.length > 0 && html`<${FormField} label=${t('Camera')} as="select" value=${used('video')} onInput=${(/** @type {string} */ cameraId) => broadcast.open({ cameraId })}>${options(cameras)}<//>`}
      ${microphones.length > 0 && html`<${FormField} label=${t('Microphone')} as="select" value=${used('audio')} onInput=${(/** @type {string} */ microphoneId) => broadcast.open({ microphoneId })}>${options(microphones)}<//>`}
      <${Hearing} key=${version} stream=${stream} isMuted=${!broadcast.isMicOn.value} />`}
    <div class="row row-wrap">
      <${Button} size="s" icon="soundOn" onClick=${playTestTone}>${t('Play a test tone')}<//>
      <span class="muted small grow device-words">${t('You should hear it from the loudspeaker you want to use.')}</span>
    </div>
  </section>`;
}

/** The meter, and a word when nothing is heard. @param {{ stream: MediaStream, isMuted: boolean }} props */
export function Hearing({ stream, isMuted }) {
  const [level, setLevel] = useState(0);
  const [isQuiet, setQuiet] = useState(false);
  useEffect(() => {
    let heardAt = performance.now();
    return watchLevel(stream, (now) => {
      if (now > 0.12) heardAt = performance.now();
      setLevel(now);
      setQuiet(performance.now() - heardAt > QUIET_FOR_MS);
    });
  }, [stream]);
  const words = isMuted ? t('The microphone is muted.') : isQuiet ? t('Nothing is heard. Speak, or choose another microphone.') : t('Speak: the bars should move.');
  return html`<div class="hearing"><${LevelMeter} level=${level} label=${t('Loudness')} /><p class=${`small ${isQuiet || isMuted ? 'hearing-warn' : 'muted'}`}>${words}</p></div>`;
}
