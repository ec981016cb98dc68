/**
 * The second best way to the live picture: two seconds later by HLS, when it cannot be had in real time.
 *
 * It takes over by itself when the connection cannot be made within a few seconds, when the server has no room for another
 * viewer, and when the browser cannot decode what is sent; `?via=hls` in the page's address wants HLS from the beginning.
 */

import { batch, signal } from '@preact/signals';
import { HlsPlayer } from '../../lib/hls-player.js';

/** @typedef {import('../../lib/api.js').Problem} Problem */
/** @typedef {import('../../lib/rtc.js').LinkState} LinkState */
/** @typedef {'wanted' | 'unreachable' | 'full' | 'codec'} Reason why it is HLS */

/** From the offer to the first packet: a network that lets WebRTC through, perhaps by TURN, needs a second or two. */
const REACH_MS = 5_000;

export class HlsFallback {
  /** @param {import('./show-session.js').ShowSession} session */
  constructor(session) {
    this.session = session;
    this.player = signal(/** @type {HlsPlayer | null} */ (null));
    this.reason = signal(/** @type {Reason | null} */ (null));
    /** Whether this server makes HLS at all. */
    this.isOffered = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  get isWanted() {
    return this.isOffered && new URLSearchParams(location.search).get('via') === 'hls';
  }

  /** Refusals that need not be tried again, for HLS will do. @param {Problem} problem */
  isCure({ code }) {
    return this.isOffered && code === 'audience_full';
  }

  /** What became of the real time: perhaps it will not do. @param {LinkState} state @param {Problem} [problem] */
  weigh(state, problem) {
    clearTimeout(this.timer);
    if (!this.isOffered) return;
    if (problem?.code === 'codec_not_supported') this.begin('codec');
    else if (problem?.code === 'audience_full') this.begin('full');
    else if (state === 'connecting') this.timer = setTimeout(() => this.begin('unreachable'), REACH_MS);
  }

  /** @param {Reason} reason */
  begin(reason) {
    const { session } = this;
    session.endRealTime();
    batch(() => {
      session.media.value = 'connecting';
      session.mediaProblem.value = null;
      this.reason.value = reason;
      this.player.value = new HlsPlayer({
        room: session.id,
        onState: (state, problem) =>
          batch(() => {
            session.media.value = state;
            session.mediaProblem.value = problem ?? null;
          }),
      });
    });
  }

  stop() {
    clearTimeout(this.timer);
    const player = this.player.value;
    batch(() => {
      this.player.value = null;
      this.reason.value = null;
    });
    player?.stop();
  }

  /** The viewer wants the real time back. */
  leave() {
    this.stop();
    this.session.play();
  }
}
