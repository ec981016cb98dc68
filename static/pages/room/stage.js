import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { Cover } from '../../components/picture.js';
import { isRead } from '../../components/read-aloud.js';
import { roomOwner } from '../../components/room-card.js';
import { errorText } from '../../components/states.js';
import { t } from '../../lib/i18n.js';
import { featured } from '../../lib/stage.js';
import { loudness, ownVolume, underReading } from '../../lib/volume.js';
import { Delay } from './delay.js';
import { LayoutToggle, StageTiles, tileClass, TileLabel, Voices } from './stage-tiles.js';

const STALL_MS = 5_000;
/** Longer than the stream's picture takes to fade in. */
const FADE_MS = 1_000;

/** @typedef {import('./show-session.js').ShowSession} ShowSession */

/**
 * Attach a stream and play it, with sound where the browser lets us, else muted and asking for a tap.
 *
 * @param {import('preact').RefObject<HTMLVideoElement | null>} ref
 * @param {MediaStream | null} stream
 * @param {import('../../lib/hls-player.js').HlsPlayer | null} hls plays in its place
 */
function usePlayback(ref, stream, hls) {
  const [isMuted, setMuted] = useState(false);
  const [hasFrame, setHasFrame] = useState(false);

  useEffect(() => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    if (!hls) video.srcObject = stream;
    if (!stream && !hls) return setHasFrame(false);
    const play = () =>
      video.play().catch((error) => {
        if (error.name !== 'NotAllowedError') return; // a newer stream took over
        video.muted = true;
        setMuted(true);
        video.play().catch((again) => console.warn('livehub: the browser does not play', again));
      });
    if (hls) return hls.attach(video, play);
    play();
    return undefined;
  }, [stream, hls]);

  useEffect(() => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    let lastMs = 0;
    let handle = 0;
    const onFrame = () => {
      lastMs = performance.now();
      setHasFrame(true);
      handle = video.requestVideoFrameCallback(onFrame);
    };
    if ('requestVideoFrameCallback' in video) handle = video.requestVideoFrameCallback(onFrame);
    const onTime = () => {
      lastMs = performance.now();
      if (video.videoWidth) setHasFrame(true);
    };
    if (!handle) video.addEventListener('timeupdate', onTime);
    const timer = setInterval(() => document.visibilityState === 'visible' && lastMs && performance.now() - lastMs > STALL_MS && setHasFrame(false), 1000);
    return () => {
      clearInterval(timer);
      video.removeEventListener('timeupdate', onTime);
      if (handle) video.cancelVideoFrameCallback(handle);
    };
  }, []);

  const setSound = (/** @type {boolean} */ on) => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    video.muted = !on;
    setMuted(!on);
    video.play().catch((error) => console.warn('livehub: the browser does not play', error));
  };
  return { isMuted, hasFrame, setSound };
}

/**
 * Play at a share of the viewer's own volume, which is given back.
 *
 * @param {import('preact').RefObject<HTMLVideoElement | null>} ref
 * @param {number} share
 */
function useVolume(ref, share) {
  const [own, setOwn] = useState(1);
  const now = useRef(share);
  useEffect(() => {
    now.current = share;
    /** @type {HTMLVideoElement} */ (ref.current).volume = loudness(own, share);
  }, [own, share]);
  useEffect(() => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    const look = () => setOwn((known) => ownVolume(video.volume, known, now.current));
    video.addEventListener('volumechange', look);
    return () => video.removeEventListener('volumechange', look);
  }, []);
  return own;
}

/**
 * The picture, and what stands in its place while there is none.
 *
 * @param {{ session: ShowSession, children?: any }} props `children` fill the stage before and after the show
 */
export function Stage({ session, children }) {
  const ref = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const { isMuted, hasFrame, setSound } = usePlayback(ref, session.stream.value, session.fallback.player.value);
  const [isWhole, setWhole] = useState(false);
  const room = /** @type {import('../../lib/types.js').Room} */ (session.state.room.value);
  const isLive = room.state === 'live';
  // a short break leaves the last picture standing; a connection that begins anew has none yet
  const isWatching = session.media.value === 'connected' || (session.media.value === 'interrupted' && !session.mediaProblem.value);
  const tiles = session.tiles.value;
  const own = session.guest.isOnStage.value ? session.guest.broadcast.value : null;
  const isMany = isLive && (tiles.length > 1 || Boolean(own) || tiles.some(({ slot }) => slot > 0));
  const isVisible = isLive && (hasFrame || isMany) && isWatching;

  // once the stream has taken over, a later break must not show how it looked at the beginning
  useEffect(() => {
    if (!isVisible) return undefined;
    const timer = setTimeout(() => (session.still.value = null), FADE_MS);
    return () => clearTimeout(timer);
  }, [isVisible]);

  // an interpreter speaks over the floor, and who reads aloud over both: what is under a voice is turned low meanwhile
  const share = (/** @type {number} */ slot) => session.interpreting.volume(slot) * underReading(isRead.value);
  const volume = useVolume(ref, share(0));

  const main = tiles.find(({ slot }) => slot === 0);
  const large = featured(tiles, { chosen: session.chosenTile.value, pins: session.state.pins.value, host: room.host.id, speaking: session.state.speaking.value });
  return html`<div class=${`stage ${isVisible ? 'has-picture' : ''} ${isWhole ? 'is-whole' : ''} ${isMany ? `is-many is-${session.layout.value} ${own ? 'is-mine' : ''}` : ''}`}>
    <div class="stage-cover"><${Cover} id=${room.id} title=${roomOwner(room)} still=${session.still.value} /></div>
    <div class="tiles" data-count=${Math.min(tiles.length + (own ? 1 : 0), 9)}>
      <figure class=${`tile tile-main ${tileClass(main, main && large === main)} ${isMany && !main ? 'is-empty' : ''}`}>
        <video ref=${ref} class="stage-video" hidden=${room.state === 'ended'} playsinline autoplay aria-label=${main && isMany ? main.name : t('Live picture')} onDblClick=${() => setWhole(!isWhole)} onClick=${() => isMuted && setSound(true)}></video>
        ${isMany && main && html`<${TileLabel} session=${session} tile=${main} isLarge=${large === main} />`}
      </figure>
      ${isMany && html`<${StageTiles} session=${session} large=${large} own=${own} />`}
    </div>
    ${isMany && html`<${LayoutToggle} session=${session} />`}
    ${isLive && html`<${Voices} session=${session} />`}
    ${session.voices.value.map((stream, i) => stream && html`<${Voice} key=${i} stream=${stream} muted=${isMuted} volume=${loudness(volume, share(i + 1))} />`)}
    <div class="stage-shade" aria-hidden="true"></div>
    ${isLive && !isVisible && html`<${StageNotice} session=${session} />`}
    ${isVisible && isMuted && html`<button type="button" class="tap-for-sound" onClick=${() => setSound(true)}><${Icon} name="soundOff" />${t('Tap for sound')}</button>`}
    ${isVisible && !isMuted && html`<button type="button" class="sound-toggle icon-button icon-button-video" aria-label=${t('Mute')} title=${t('Mute')} onClick=${() => setSound(false)}><${Icon} name="soundOn" /></button>`}
    ${isVisible && html`<${Delay} fallback=${session.fallback} />`}
    ${children}
  </div>`;
}

/** A further voice on stage. @param {{ stream: MediaStream, muted: boolean, volume: number }} props */
function Voice({ stream, muted, volume }) {
  const ref = useRef(/** @type {HTMLAudioElement | null} */ (null));
  useEffect(() => {
    const audio = /** @type {HTMLAudioElement} */ (ref.current);
    audio.srcObject = stream;
    audio.play().catch(() => undefined); // allowed as soon as the picture's sound is
  }, [stream, muted]);
  useEffect(() => {
    if (ref.current) ref.current.volume = volume;
  }, [volume]);
  return html`<audio ref=${ref} muted=${muted} autoplay></audio>`;
}

/** Why there is no picture, in plain words. @param {{ session: ShowSession }} props */
function StageNotice({ session }) {
  const problem = session.mediaProblem.value;
  if (problem && ['codec_not_supported', 'hls_unplayable'].includes(problem.code)) {
    return html`<div class="stage-notice" role="alert">
      <${Icon} name="camera" size=${30} />
      <h2>${t('This browser cannot play this video')}</h2>
      <p>${t('It lacks the video format of this show. Chat and shopping work as usual; to watch, open this page in Chrome, Edge or Safari.')}</p>
    </div>`;
  }
  if (session.media.value === 'failed' && problem) {
    return html`<div class="stage-notice" role="alert">
      <${Icon} name="alert" size=${30} />
      <h2>${t('The picture does not come through')}</h2>
      <p>${errorText(problem)}</p>
      <${Button} kind="video" onClick=${() => session.retryMedia()}>${t('Try again')}<//>
    </div>`;
  }
  const isWaiting = session.media.value === 'connected' || problem;
  return html`<div class="stage-notice" role="status">
    <span class="spinner" aria-hidden="true"></span>
    <p>${isWaiting ? t('Waiting for the host’s picture…') : t('Connecting…')}</p>
  </div>`;
}
