import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { toast } from '../../components/toast.js';
import { languageName } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { loadReplayChannels, playChannel } from '../../lib/replay-channels.js';

/** @typedef {import('../../lib/replay-channels.js').ReplayChannel} ReplayChannel */

/**
 * What is heard of a recording: the floor, or an interpreter over it. Only where somebody interpreted.
 *
 * @param {{ session: import('./show-session.js').ShowSession, video: { current: HTMLVideoElement | null } }} props
 */
export function ReplayChannelPicker({ session, video }) {
  const [channels, setChannels] = useState(/** @type {ReplayChannel[]} */ ([]));
  const audio = useRef(/** @type {HTMLAudioElement | null} */ (null));
  const { wanted } = session.interpreting;
  const channel = channels.find(({ locale }) => locale === wanted.value);
  const heard = channel?.locale ?? '';
  useEffect(() => {
    let isGone = false;
    loadReplayChannels(session.id).then((found) => isGone || setChannels(found), (error) => console.warn('livehub: interpreters are not known', error));
    return () => void (isGone = true);
  }, [session.id]);
  useEffect(() => {
    if (!channel || !video.current || !audio.current) return undefined;
    return playChannel(video.current, audio.current, channel, (problem) => {
      wanted.value = '';
      toast(t('The recording cannot be played'), { kind: 'bad' });
      console.warn('livehub: the interpreter cannot be played', problem);
    });
  }, [channel]);
  if (!channels.length) return null;
  return html`<label class="locale-picker locale-picker-video channel-picker replay-channel">
    <${Icon} name="mic" size=${20} />
    <span class="sr-only">${t('What you hear')}</span>
    <span class="locale-picker-name" aria-hidden="true">${heard ? languageName(heard) : t('Original sound')}</span>
    <select value=${heard} onChange=${(/** @type {any} */ event) => (wanted.value = event.currentTarget.value)}>
      <option value="">${t('Original sound')}</option>
      ${channels.map(({ locale }) => html`<option key=${locale} value=${locale}>${t('{language}, interpreted', { language: languageName(locale) })}</option>`)}
    </select>
  </label>
  <audio ref=${audio} preload="auto"></audio>`;
}
