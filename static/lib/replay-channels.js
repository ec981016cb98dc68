/** What interpreters said in a show that is watched again: their sound beside the picture, in step with it, and the floor turned low. */

import { api } from './api.js';
import { FLOOR_VOLUME } from './interpreting.js';
import { playReplay } from './replay.js';

/** @typedef {{ start_s: number, at_s: number, duration_s: number }} Stretch */
/** @typedef {{ locale: string, url: string, stretches: Stretch[] }} ReplayChannel */

/** Further apart than this it jumps; nearer it goes a little faster or slower, which nobody hears. */
const JUMP_S = 0.4;
/** As near as this is together. */
const TOGETHER_S = 0.05;
const CATCH_UP = 0.04;
/** Whatever changes what is to be heard. */
const EVENTS = ['play', 'playing', 'pause', 'waiting', 'seeking', 'seeked', 'ratechange', 'volumechange', 'timeupdate', 'ended', 'emptied'];

/** @param {string} room @returns {Promise<ReplayChannel[]>} those in which somebody was heard */
export async function loadReplayChannels(room) {
  const { items } = await api.get(`/rooms/${encodeURIComponent(room)}/replay/channels`);
  return items.filter((/** @type {ReplayChannel} */ { stretches }) => stretches.length > 0);
}

/** Where in the channel's own sound a moment of the replay is; null where nobody interpreted. @param {Stretch[]} stretches @param {number} timeS */
export function placeOf(stretches, timeS) {
  const found = stretches.find(({ start_s, duration_s }) => timeS >= start_s && timeS < start_s + duration_s);
  return found ? found.at_s + timeS - found.start_s : null;
}

/**
 * What brings a sound that is at `atS` to `placeS`: a jump, or a speed.
 *
 * @param {number} placeS @param {number} atS @param {number} rate how fast the picture goes
 * @returns {{ jump: boolean, rate: number }}
 */
export function inStep(placeS, atS, rate) {
  const behindS = placeS - atS;
  if (Math.abs(behindS) > JUMP_S) return { jump: true, rate };
  if (Math.abs(behindS) <= TOGETHER_S) return { jump: false, rate };
  return { jump: false, rate: rate * (1 + Math.sign(behindS) * CATCH_UP) };
}

/**
 * Play a channel beside a video, until the function that is given back is called. The volume of the picture's own controls
 * is the floor's while somebody interprets: a seventh of the interpreter's, whose volume goes with it.
 *
 * @param {HTMLVideoElement} video
 * @param {HTMLAudioElement} audio
 * @param {ReplayChannel} channel
 * @param {(problem: Error) => void} onFailed
 */
export function playChannel(video, audio, channel, onFailed) {
  let isLow = false;
  let isOver = false;
  /** Where the sound was sent by the last jump. */
  let sentToS = NaN;
  /** @type {(() => void) | undefined} */
  let end;
  const turn = (/** @type {boolean} */ low) => {
    if (low === isLow) return;
    isLow = low;
    // Set while it is told by which scale it stands: the event that this makes then changes nothing.
    video.volume = low ? video.volume * FLOOR_VOLUME : Math.min(1, video.volume / FLOOR_VOLUME);
  };
  const follow = () => {
    const placeS = placeOf(channel.stretches, video.currentTime);
    const isHeard = placeS !== null && !video.ended;
    turn(isHeard);
    audio.muted = video.muted;
    audio.volume = isLow ? Math.min(1, video.volume / FLOOR_VOLUME) : video.volume;
    if (placeS === null || audio.readyState === HTMLMediaElement.HAVE_NOTHING) {
      audio.pause();
      return;
    }
    const { jump, rate } = inStep(placeS, audio.currentTime, video.playbackRate);
    if (jump && !audio.seeking) {
      sentToS = placeS;
      audio.currentTime = placeS;
    }
    if (audio.playbackRate !== rate) audio.playbackRate = rate;
    const waits = video.paused || video.ended || video.seeking || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    if (waits) audio.pause();
    else if (audio.paused) audio.play().catch((error) => console.warn('livehub: the browser does not play the interpreter', error));
  };
  const arrive = () => {
    // Who drags the picture about is elsewhere by now; where the sound came to is not asked, or a gap in it would be for ever.
    const placeS = placeOf(channel.stretches, video.currentTime);
    if (placeS !== null && Math.abs(placeS - sentToS) > JUMP_S) follow();
  };
  const stop = () => {
    if (isOver) return;
    isOver = true;
    for (const name of EVENTS) video.removeEventListener(name, follow);
    audio.removeEventListener('loadedmetadata', follow);
    audio.removeEventListener('seeked', arrive);
    audio.pause();
    turn(false);
    end?.();
  };
  const fail = (/** @type {Error} */ problem) => {
    if (isOver) return;
    stop();
    onFailed(problem);
  };
  for (const name of EVENTS) video.addEventListener(name, follow);
  audio.addEventListener('loadedmetadata', follow);
  audio.addEventListener('seeked', arrive);
  playReplay(audio, channel.url, fail).then((ends) => (isOver ? ends() : ((end = ends), follow())), fail);
  return stop;
}
