/**
 * Watching by low-latency HLS: plain HTTP, two seconds behind, through any firewall and for any number of people.
 *
 * hls.js plays it wherever there are Media Source Extensions; Safari plays it itself. The library is fetched only when it is
 * needed.
 */

import { api, Problem } from './api.js';
import { Ease, Strain, Waits } from './hls-waits.js';

/** @typedef {import('./rtc.js').LinkState} LinkState */
/** @typedef {import('hls.js').default} Hls */

const RETRY_MS = 2_000;
/** Faster than life when it has fallen behind: nobody hears five percent. */
const CATCH_UP_RATE = 1.05;
/** Further behind than this it jumps instead, once it has played for a moment. */
const JUMP_S = 0.7;
const JUMP_AFTER_MS = 2_000;
/** Taken to be there until it was measured: enough for the middle layer of a camera. */
const FIRST_ESTIMATE_BPS = 1_500_000;
/** Each stop adds so much distance, about one part; hls.js's own second would never be given back. */
const STEP_BACK_S = 0.35;
/** What asking again cannot cure. */
const FINAL_CODES = new Set(['hls_off', 'room_not_found', 'room_ended', 'forbidden', 'banned', 'unauthenticated', 'account_required', 'hls_unplayable']);

/** Safari's own player is the better one there, and the only one on iPhones. */
const playsItself = () => 'WebKitPlaybackTargetAvailabilityEvent' in window;

/**
 * hls.js's own loader of pieces, whose times tell of the network alone.
 *
 * @param {typeof import('hls.js').default} Hls
 * @param {() => void} onEase the network could carry far more
 * @param {(bitsPerS: number) => void} onStrain it carries no more than this, which is too little
 * @returns {any} hls.js has no type for what it takes here that a loader made of another would fit
 */
function withoutWaits(Hls, onEase, onStrain) {
  const waits = new Waits();
  const ease = new Ease();
  const strain = new Strain();
  return class extends Hls.DefaultConfig.loader {
    /** @param {any} context @param {any} config @param {any} callbacks */
    load(context, config, callbacks) {
      const onSuccess = (/** @type {any} */ response, /** @type {any} */ stats, /** @type {any[]} */ ...more) => {
        const { loading } = stats;
        loading.start = waits.begun(loading);
        callbacks.onSuccess(response, stats, ...more);
        const playsS = (context.part ?? context.frag)?.duration;
        if (context.frag?.type !== 'main' || !playsS) return;
        if (ease.loaded(loading.end - loading.start, playsS)) onEase();
        const bitsPerS = strain.loaded(stats.loaded, loading.end - loading.first, playsS);
        if (bitsPerS) onStrain(bitsPerS);
      };
      super.load(context, config, { ...callbacks, onSuccess });
    }
  };
}

export class HlsPlayer {
  /** @param {{ room: string, onState?: (state: LinkState, problem?: Problem) => void }} options */
  constructor({ room, onState = () => {} }) {
    this.room = room;
    this.onState = onState;
    /** @type {LinkState} */
    this.state = 'idle';
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    this.play = () => {};
    /** @type {Hls | null} */
    this.hls = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** What `stats` counted last. @type {{ atMs: number, frames: number } | null} */
    this.counted = null;
    /** Grows with each beginning: what an earlier one still brings is left out. */
    this.turn = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.jump = undefined;
    this.onPlaying = () => {
      this.set('connected');
      clearTimeout(this.jump);
      this.jump = setTimeout(() => this.catchUp(), JUMP_AFTER_MS);
    };
    this.onError = () => this.again(new Problem({ code: 'media_failed' }));
  }

  /**
   * Play in this element until the function that is given back is called.
   *
   * @param {HTMLVideoElement} video
   * @param {() => void} play begins to play, with or without sound, as the browser allows
   */
  attach(video, play) {
    this.video = video;
    this.play = play;
    video.srcObject = null;
    video.addEventListener('playing', this.onPlaying);
    this.start();
    return () => {
      video.removeEventListener('playing', this.onPlaying);
      this.drop();
      this.video = null;
    };
  }

  /** Begin, or begin anew: the address, and with it the permission, is asked for each time. */
  async start() {
    this.drop();
    const video = this.video;
    if (!video) return;
    const turn = ++this.turn;
    this.set('connecting');
    try {
      const { url } = await api.get(`/rooms/${encodeURIComponent(this.room)}/hls`);
      if (turn !== this.turn) return;
      if (playsItself()) this.playNatively(video, url);
      else await this.playByLibrary(video, url, turn);
    } catch (error) {
      if (turn === this.turn) this.again(error instanceof Problem ? error : new Problem({ code: 'media_failed', detail: String(error) }));
    }
  }

  /** @param {HTMLVideoElement} video @param {string} url */
  playNatively(video, url) {
    video.addEventListener('error', this.onError);
    video.src = url;
    this.play();
  }

  /** @param {HTMLVideoElement} video @param {string} url @param {number} turn */
  async playByLibrary(video, url, turn) {
    const { default: Hls } = await import('hls.js');
    if (turn !== this.turn) return;
    if (!Hls.isSupported()) throw new Problem({ code: 'hls_unplayable' });
    // Forget the bad moment, or the good one: the next part says anew what the network carries.
    const onEase = () => {
      if (this.hls && this.hls.loadLevel < this.hls.maxAutoLevel) this.hls.bandwidthEstimate *= 2;
    };
    const onStrain = (/** @type {number} */ bitsPerS) => {
      if (!this.hls) return;
      if (this.hls.bandwidthEstimate > bitsPerS) this.hls.bandwidthEstimate = bitsPerS;
      // hls.js by itself may hold on to the level that it last decided for, whatever it measured since.
      const level = Math.max(this.hls.levels.findLastIndex(({ bitrate }) => bitrate < bitsPerS), this.hls.minAutoLevel);
      if (level < this.hls.loadLevel) this.hls.nextLoadLevel = level;
    };
    const hls = new Hls({
      fLoader: withoutWaits(Hls, onEase, onStrain),
      lowLatencyMode: true,
      enableWorker: false, // a worker from a blob would need a hole in the page's policy, and there is little to do for one
      maxLiveSyncPlaybackRate: CATCH_UP_RATE,
      liveSyncOnStallIncrease: STEP_BACK_S,
      backBufferLength: 60,
      // Of the layers the one that fits its place on the page, as in real time; what the network carries is soon measured.
      capLevelToPlayerSize: true,
      abrEwmaDefaultEstimate: FIRST_ESTIMATE_BPS,
      // A publisher who is away for a moment leaves requests waiting until the server gives up on them.
      playlistLoadPolicy: { default: { maxTimeToFirstByteMs: 20_000, maxLoadTimeMs: 25_000, timeoutRetry: { maxNumRetry: 3, retryDelayMs: 0, maxRetryDelayMs: 0 }, errorRetry: { maxNumRetry: 4, retryDelayMs: 500, maxRetryDelayMs: 4_000 } } },
    });
    this.hls = hls;
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal || this.hls !== hls) return;
      console.warn(`livehub: HLS begins anew after ${data.details}`, data.error);
      if (data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) this.again(new Problem({ code: 'hls_unplayable' }));
      // Sound alone where there was a picture, or the other way round: its buffers fit no longer, and hls.js cannot change them.
      else if (data.type === Hls.ErrorTypes.MEDIA_ERROR && this.state === 'connected') this.start();
      else this.again(new Problem({ code: 'media_failed', detail: data.details }));
    });
    hls.loadSource(url);
    hls.attachMedia(video);
    this.play();
  }

  /** A slow beginning, or a long stop, must not be kept for the rest of the show. */
  catchUp() {
    const position = this.hls?.liveSyncPosition ?? null;
    if (this.video && position !== null && position - this.video.currentTime > JUMP_S) this.video.currentTime = position;
  }

  /** @param {Problem} problem */
  again(problem) {
    this.drop();
    if (FINAL_CODES.has(problem.code)) {
      this.set('failed', problem);
      return;
    }
    this.set('interrupted', problem);
    this.timer = setTimeout(() => this.start(), Math.max(RETRY_MS, problem.retryAfterS * 1000));
  }

  /** Seconds that the picture is behind life, by the clock of the server; NaN while it is not known. */
  get behindS() {
    const shownAt = this.hls?.playingDate;
    return shownAt ? (Date.now() - shownAt.getTime()) / 1000 : NaN;
  }

  /** How it plays; null while it does not. @returns {import('./media-stats.js').PlaybackStats | null} */
  stats() {
    const { video, hls } = this;
    if (!video || this.state !== 'connected') return null;
    const { totalVideoFrames: frames, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
    const atMs = performance.now();
    const before = this.counted;
    this.counted = { atMs, frames };
    const level = hls?.levels[hls.currentLevel];
    return {
      via: 'hls',
      bitrateBps: level?.bitrate || NaN, // as the playlist declares it
      width: video.videoWidth,
      height: video.videoHeight,
      framesPerSecond: before && frames >= before.frames ? (1000 * (frames - before.frames)) / Math.max(atMs - before.atMs, 1) : 0,
      codec: level?.videoCodec?.startsWith('avc1') ? 'H264' : (level?.videoCodec ?? ''),
      lostShare: NaN,
      rttMs: NaN,
      delayMs: this.behindS * 1000,
      dropped,
    };
  }

  stop() {
    this.drop();
    this.set('closed');
  }

  drop() {
    clearTimeout(this.timer);
    clearTimeout(this.jump);
    this.turn += 1;
    this.hls?.destroy();
    this.hls = null;
    if (!this.video) return;
    this.video.removeEventListener('error', this.onError);
    if (this.video.src) {
      this.video.removeAttribute('src');
      this.video.load();
    }
  }

  /** @param {LinkState} state @param {Problem} [problem] */
  set(state, problem) {
    if (state === this.state && !problem) return;
    this.state = state;
    this.onState(state, problem);
  }
}
