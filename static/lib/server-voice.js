/**
 * What stands in a room, spoken by the server. It knows the texts by what they belong to and is never sent one. Knows no
 * page; what asks and what plays are handed in, so that it can be tested.
 */

import { request } from './api.js';

/** @typedef {{ of: 'message'|'caption'|'offer', id: string } | { of: 'greeting', id?: undefined }} SpokenOf */
/** @typedef {Pick<HTMLAudioElement, 'play'|'pause'> & { onended: any, onerror: any }} Player */

/** Nothing is asked for so long after the server has said that it cannot. */
const REST_MS = 30_000;

export class ServerVoice {
  /**
   * @param {string} room
   * @param {readonly string[]} locales that the server has a voice for
   * @param {{ ask?: (path: string, signal: AbortSignal) => Promise<Blob>, player?: (sound: Blob) => { audio: Player, done: () => void }, now?: () => number }} [with_]
   */
  constructor(room, locales, { ask = askServer, player = makePlayer, now = Date.now } = {}) {
    this.room = room;
    this.locales = locales;
    this.ask = ask;
    this.player = player;
    this.now = now;
    this.restsUntilMs = 0;
  }

  /** @param {string} locale */
  speaks(locale) {
    return this.now() >= this.restsUntilMs && this.locales.includes(locale.split('-')[0]);
  }

  /**
   * Say it; `onEnd` hears once whether it was heard to its end, unless it was cut off.
   *
   * @param {SpokenOf} what
   * @param {string} locale
   * @param {(isHeard: boolean) => void} onEnd
   * @param {() => void} [onStart] it is heard from now on
   * @returns {() => void} cuts it off
   */
  speak(what, locale, onEnd, onStart = () => {}) {
    const gone = new AbortController();
    let stop = () => {};
    const end = (/** @type {boolean} */ isHeard) => {
      if (gone.signal.aborted) return;
      gone.abort();
      stop();
      onEnd(isHeard);
    };
    const query = new URLSearchParams({ of: what.of, ...(what.id ? { id: what.id } : {}), locale: locale.split('-')[0] });
    this.ask(`/rooms/${encodeURIComponent(this.room)}/speech?${query}`, gone.signal).then(
      (sound) => {
        if (gone.signal.aborted) return;
        const { audio, done } = this.player(sound);
        stop = () => (audio.pause(), done());
        audio.onended = () => end(true);
        audio.onerror = () => end(false);
        audio.play()?.then(
          () => gone.signal.aborted || onStart(),
          () => end(false), // a browser that wants a gesture first
        );
      },
      (/** @type {{ status?: number }} */ problem) => {
        // what was taken back is read by nobody, and says nothing about the next one
        if (problem.status === 404) return void end(true);
        if (!gone.signal.aborted) this.restsUntilMs = this.now() + REST_MS;
        end(false);
      },
    );
    return () => {
      gone.abort();
      stop();
    };
  }
}

/** @param {string} path @param {AbortSignal} signal */
async function askServer(path, signal) {
  const answer = await request('GET', path, { signal, headers: { Accept: 'audio/*' } });
  return answer.blob();
}

/** @param {Blob} sound */
function makePlayer(sound) {
  const url = URL.createObjectURL(sound);
  return { audio: /** @type {Player} */ (new Audio(url)), done: () => URL.revokeObjectURL(url) };
}
