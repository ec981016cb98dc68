import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { t } from '../../lib/i18n.js';
import { iceServers } from '../../lib/ice-servers.js';
import { WhepPlayer } from '../../lib/rtc.js';
import { GuestStrip } from './guests.js';
import { deviceWords } from './words.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

/** Whoever pressed what is gone since goes on with the keyboard at the picture's own controls. */
export function goOnAtStage() {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    /** @type {HTMLElement | null} */ (document.querySelector('.stage-cover button, .sending button, .stage-controls button'))?.focus();
  });
}

/** What viewers see: my camera, the picture that another program sends, or why there is none. @param {{ session: StudioSession, children?: any }} props */
export function StageView({ session, children }) {
  const { broadcast } = session;
  const isOthers = session.isOthersOnStage.value || session.isWatching.value;
  const stream = broadcast.stream.value;
  return html`<div class="stage">
    ${isOthers
      ? html`<${Monitor} session=${session} />`
      : stream && !broadcast.problem.value
        ? html`<${OwnPicture} session=${session} />`
        : html`<${NoPicture} session=${session} />`}
    ${!isOthers && html`<${GuestStrip} session=${session} />`}
    ${children}
  </div>`;
}

/** @param {{ session: StudioSession }} props */
function OwnPicture({ session }) {
  const { broadcast } = session;
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const stream = broadcast.stream.value;
  const version = broadcast.version.value;
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    video.current.play().catch(() => undefined); // the browser plays it when the page is touched
  }, [stream, version]);
  // people know themselves from mirrors; the back camera and the screen must be readable
  const isMirror = broadcast.source.value === 'camera' && broadcast.facing.value === 'user';
  return html`${broadcast.screen.value && html`<${ScreenPicture} stream=${broadcast.screen.value} />`}
    <video ref=${video} class=${`stage-video ${broadcast.screen.value ? 'is-beside-screen' : ''} ${isMirror ? 'is-mirror' : ''}`} muted playsinline autoplay aria-label=${t('Your picture')} />
    ${!broadcast.isCameraOn.value && html`<div class="stage-cover"><${Icon} name="camera" size=${34} /><p>${t('The camera is off')}</p></div>`}`;
}

/** @param {{ stream: MediaStream }} props */
function ScreenPicture({ stream }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  useEffect(() => {
    if (!video.current) return;
    video.current.srcObject = stream;
    video.current.play().catch(() => undefined); // the browser plays it when the page is touched
  }, [stream]);
  return html`<video ref=${video} class="stage-video stage-screen" muted playsinline autoplay aria-label=${t('Your screen')} />`;
}

/** The room's stage as a viewer gets it, without sound. @param {{ session: StudioSession }} props */
function Monitor({ session }) {
  const { id: room, connection } = session;
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [isPlaying, setPlaying] = useState(false);
  useEffect(() => {
    const player = new WhepPlayer({
      room, iceServers, withOwn: true, // another program sends under my name
      onTrack: (track, slot) => {
        if (track.kind !== 'video' || slot !== 0 || !video.current) return;
        video.current.srcObject = new MediaStream([track]);
        video.current.play().catch(() => undefined);
      },
    });
    player.start();
    const off = connection.on('media:lost', ({ sessions }) => player.lost(sessions));
    return () => {
      off();
      player.stop();
    };
  }, [room, connection]);
  return html`<video ref=${video} class="stage-video" muted playsinline autoplay aria-label=${t('What viewers see')} onPlaying=${() => setPlaying(true)} />
    ${!isPlaying && html`<div class="stage-cover"><span class="spinner" aria-hidden="true" /><p>${t('Fetching the picture…')}</p></div>`}
    <span class="stage-tag">${session.isOthersOnStage.value ? t('Sent by another program or device') : t('What viewers see')}</span>`;
}

/** @param {{ session: StudioSession }} props */
function NoPicture({ session }) {
  const { broadcast } = session;
  const problem = broadcast.problem.value;
  if (broadcast.isOpening.value) return html`<div class="stage-cover"><span class="spinner" aria-hidden="true" /><p>${t('Opening the camera… Allow it if the browser asks.')}</p></div>`;
  if (!problem && session.state.room.value?.state === 'live') {
    const send = async () => {
      await broadcast.open();
      await broadcast.publish();
      goOnAtStage();
    };
    return html`<div class="stage-cover"><${Icon} name="live" size=${34} />
      <p>${t('Nobody sends a picture: viewers wait.')}</p>
      <${Button} kind="video" icon="live" onClick=${send}>${t('Back on air')}<//>
    </div>`;
  }
  const open = async () => {
    await broadcast.open();
    goOnAtStage();
  };
  if (!problem) {
    return html`<div class="stage-cover"><${Icon} name="camera" size=${34} />
      <p>${t('The camera is not open yet')}</p>
      <${Button} kind="video" icon="camera" onClick=${open}>${t('Open the camera')}<//>
    </div>`;
  }
  const { title, text } = deviceWords(problem);
  return html`<div class="stage-cover" role="alert"><${Icon} name="alert" size=${34} />
    <p class="strong">${title}</p><p class="small">${text}</p>
    <div class="row row-wrap stage-cover-actions">
      <${Button} kind="video" onClick=${open}>${t('Try again')}<//>
      ${'getDisplayMedia' in (navigator.mediaDevices ?? {}) && html`<${Button} kind="video" icon="screen" onClick=${() => broadcast.shareScreen()}>${t('Share the screen')}<//>`}
    </div>
  </div>`;
}
