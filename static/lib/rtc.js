/**
 * WHIP to publish (RFC 9725) and WHEP to watch. Knows no DOM: streams go in and come out.
 *
 * The offer is posted at once, without waiting for ICE candidates: the server answers with all of its own and learns the
 * browser's from the first packet, which saves the time from click to first frame.
 */

import { Problem, request } from './api.js';
import { playbackStats, sentLayers } from './media-stats.js';
import { fragmentOf, StallWatch, withFragment } from './ice.js';
import { offerWithSoundNack } from './sound-nack.js';

/** @typedef {'idle'|'connecting'|'connected'|'interrupted'|'failed'|'closed'} LinkState */

const AUDIO_SLOTS = 3;
const RETRY_DELAYS_MS = [300, 1_000, 2_000, 4_000, 8_000];
const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';
/** How long a restart of ICE may take before a new session is made. */
const RESTART_MS = 3_000;
const WATCH_EVERY_MS = 300;
/** When a publisher goes, its whole audience hears nothing at once: their restarts are spread over this. */
const SPREAD_MS = 200;

/** @typedef {RTCIceServer[] | (() => Promise<RTCIceServer[]>)} IceServers asked for each time when it is a function */

/** What WHIP and WHEP share: one peer connection, its session on the server, and coming back after a break. */
class Link {
  /**
   * @param {{ url: string, iceServers?: IceServers, onState?: (state: LinkState, problem?: Problem) => void,
   *   isFinal?: (problem: Problem) => boolean, before?: () => Promise<unknown> }} options `isFinal` tells which refusals trying again
   *   cannot cure; the offer is made while `before` is still under way, and posted after it
   */
  constructor({ url, iceServers = [], before = async () => undefined, onState = () => {}, isFinal = isRefusal }) {
    this.url = url;
    this.iceServers = async () => (typeof iceServers === 'function' ? iceServers() : iceServers);
    this.onState = onState;
    this.isFinal = isFinal;
    this.before = before;
    /** @type {LinkState} */
    this.state = 'idle';
    /** @type {RTCPeerConnection | null} */
    this.pc = null;
    /** Path of the session, to be deleted at the end. */
    this.session = '';
    this.failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.watching = undefined;
    this.attempt = 0;
    this.isRestarting = false;
    this.restarts = 0;
    this.onNetwork = () => this.networkChanged();
  }

  /** Connect, or connect anew. Resolves when the answer is in place or the attempt has failed; `onState` tells which. */
  async start() {
    this.drop();
    this.set('connecting');
    globalThis.addEventListener('online', this.onNetwork);
    const attempt = ++this.attempt;
    const iceServers = await this.iceServers();
    if (attempt !== this.attempt) return;
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.pc = pc;
    this.prepare(pc);
    pc.onconnectionstatechange = () => pc === this.pc && this.onConnection(pc.connectionState);
    try {
      await Promise.all([offerWithSoundNack(pc), this.before()]);
      if (pc !== this.pc) return;
      const response = await request('POST', this.url, {
        body: pc.localDescription?.sdp ?? '',
        headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' },
        isSentOn: true,
      });
      // relative to where the answer came from: a server may have sent us on to another one (307)
      const session = new URL(response.headers.get('Location') ?? '', response.url).href;
      const answer = await response.text();
      if (pc !== this.pc) return forget(session);
      this.session = session;
      await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    } catch (error) {
      if (pc === this.pc) this.onFailure(error instanceof Problem ? error : new Problem({ code: 'media_failed', detail: String(error) }));
    }
  }

  /** @param {RTCPeerConnection} _pc */
  prepare(_pc) {
    throw new Error('a link says what it sends or receives');
  }

  /** @param {RTCPeerConnectionState} state */
  onConnection(state) {
    clearTimeout(this.timer);
    if (state === 'connected') {
      this.failures = 0;
      this.set('connected');
      this.watch();
    } else if (state === 'disconnected') {
      this.set('interrupted');
      this.restart();
    } else if (state === 'failed') {
      this.onFailure(new Problem({ code: 'media_failed' }));
    }
  }

  /**
   * New credentials and addresses for the session that is (RFC 9725 section 4.3.3): nothing is negotiated anew, and what is
   * shown goes on. A server that knows the session no more, or a path that does not come back, gets a new session.
   */
  async restart() {
    const { pc, session } = this;
    if (!pc || !session || this.isRestarting || pc.signalingState !== 'stable') return;
    this.isRestarting = true;
    this.restarts += 1;
    clearTimeout(this.timer);
    try {
      pc.setConfiguration({ ...pc.getConfiguration(), iceServers: await this.iceServers() });
      await offerWithSoundNack(pc, { iceRestart: true });
      const response = await request('PATCH', session, {
        body: fragmentOf(pc.localDescription?.sdp ?? ''),
        headers: { 'Content-Type': FRAGMENT_TYPE, 'If-Match': '*', Accept: FRAGMENT_TYPE },
      });
      const fragment = await response.text();
      if (pc !== this.pc) return;
      await pc.setRemoteDescription({ type: 'answer', sdp: withFragment(pc.currentRemoteDescription?.sdp ?? '', fragment) });
      this.timer = setTimeout(() => pc === this.pc && pc.connectionState !== 'connected' && this.start(), RESTART_MS);
    } catch (error) {
      if (pc !== this.pc) return;
      if (error instanceof Problem && error.code === 'offline') this.onFailure(error);
      else this.start();
    } finally {
      this.isRestarting = false;
    }
  }

  /** The browser says that it has a network again, perhaps another one. */
  networkChanged() {
    if (this.pc && this.session) this.restart();
    else if (this.state === 'interrupted') this.start();
  }

  /** A path may die without anybody's saying so; the browser itself notices after some seconds. */
  watch() {
    clearInterval(this.watching);
    const pc = this.pc;
    const watch = new StallWatch();
    this.watching = setInterval(async () => {
      const bytes = pc ? await bytesReceived(pc) : 0;
      if (pc !== this.pc || !watch.sample(bytes, performance.now())) return;
      setTimeout(() => pc === this.pc && this.restart(), Math.random() * SPREAD_MS);
    }, WATCH_EVERY_MS);
  }

  /** @param {Problem} problem */
  onFailure(problem) {
    this.drop();
    if (this.isFinal(problem)) {
      this.set('failed', problem);
      return;
    }
    this.set('interrupted', problem);
    const delay = RETRY_DELAYS_MS[Math.min(this.failures++, RETRY_DELAYS_MS.length - 1)];
    this.timer = setTimeout(() => this.start(), Math.max(delay, problem.retryAfterS * 1000));
  }

  /** As events about the session name it; empty before the server has answered. */
  get sessionId() {
    return this.session.split('/').pop() ?? '';
  }

  /**
   * Part of the server went down, and the sessions whose ids begin so with it: another part takes over at once.
   *
   * @param {string} sessions
   */
  lost(sessions) {
    if (!this.sessionId.startsWith(sessions)) return;
    this.session = ''; // there is nothing left to delete
    this.start();
  }

  /** End for good; the server is told even when the page is going away. */
  stop() {
    globalThis.removeEventListener('online', this.onNetwork);
    this.drop();
    this.set('closed');
  }

  drop() {
    this.attempt += 1;
    clearTimeout(this.timer);
    clearInterval(this.watching);
    forget(this.session);
    this.session = '';
    this.pc?.close();
    this.pc = null;
  }

  /** @param {LinkState} state @param {Problem} [problem] */
  set(state, problem) {
    if (state === this.state && !problem) return;
    this.state = state;
    this.onState(state, problem);
  }
}

/** What trying again cannot cure: refusals, save those that say when to ask again. @param {Problem} problem */
const isRefusal = ({ status, retryAfterS }) => status >= 400 && status < 500 && !retryAfterS;

/** @param {string} session */
function forget(session) {
  if (!session) return;
  request('DELETE', session, { keepalive: true }).catch(() => undefined); // it is over either way; the server also notices by itself
}

/** Media and reports, without ICE's own checks. @param {RTCPeerConnection} pc */
async function bytesReceived(pc) {
  /** @type {Record<string, number>} */
  const bytes = { transport: 0, 'candidate-pair': 0 };
  for (const stat of (await pc.getStats()).values()) {
    if (stat.type in bytes) bytes[stat.type] += stat.bytesReceived ?? 0;
  }
  return bytes.transport || bytes['candidate-pair'];
}

/** Watch a room. Slots are fixed when the session begins; the server decides which track is in which. */
export class WhepPlayer extends Link {
  /**
   * @param {{ room: string, videoSlots?: number, withOwn?: boolean, iceServers?: IceServers, onState?: (state: LinkState, problem?: Problem) => void,
   *   isFinal?: (problem: Problem) => boolean, before?: () => Promise<unknown>, onTrack: (track: MediaStreamTrack, slot: number) => void }} options `slot` counts per kind, from 0
   */
  constructor({ room, videoSlots = 1, withOwn = false, onTrack, ...options }) {
    super({ ...options, url: `/rooms/${encodeURIComponent(room)}/whep?video=${videoSlots}&wait=1${withOwn ? '&own=1' : ''}` });
    this.videoSlots = videoSlots;
    this.onTrack = onTrack;
    /** @type {import('./media-stats.js').Counted | null} */
    this.counted = null;
  }

  /** How the media arrive since the last call; null while not connected. */
  async stats() {
    const pc = this.pc;
    if (!pc || this.state !== 'connected') return null;
    const { stats, counted } = playbackStats((await pc.getStats()).values(), performance.now(), this.counted);
    this.counted = counted;
    return stats;
  }

  /** @param {RTCPeerConnection} pc */
  prepare(pc) {
    this.counted = null;
    /** @type {RTCRtpTransceiver[]} */
    const audio = Array.from({ length: AUDIO_SLOTS }, () => pc.addTransceiver('audio', { direction: 'recvonly' }));
    const video = Array.from({ length: this.videoSlots }, () => pc.addTransceiver('video', { direction: 'recvonly' }));
    pc.ontrack = ({ track, transceiver }) => {
      const list = track.kind === 'video' ? video : audio;
      this.onTrack(track, Math.max(0, list.indexOf(transceiver)));
    };
  }
}

/** Publish one stream into a room. */
export class WhipPublisher extends Link {
  /**
   * @param {{ room: string, stream: MediaStream, source?: 'camera'|'screen'|'interpretation', maxBitrateBps?: number, iceServers?: IceServers,
   *   onState?: (state: LinkState, problem?: Problem) => void }} options
   */
  constructor({ room, stream, source = 'camera', maxBitrateBps = 2_500_000, ...options }) {
    super({ ...options, url: `/rooms/${encodeURIComponent(room)}/whip${source === 'camera' ? '' : `?source=${source}`}` });
    this.stream = stream;
    this.isLayered = source === 'camera';
    this.maxBitrateBps = maxBitrateBps;
    /** Changes of the layers one after the other: the browser takes one at a time. */
    this.layering = Promise.resolve();
    /** @type {{ pc: RTCPeerConnection, bytes: number, atMs: number } | null} what `health` counted last */
    this.counted = null;
  }

  /** @param {RTCPeerConnection} pc */
  prepare(pc) {
    for (const track of this.stream.getTracks()) {
      const sendEncodings = track.kind === 'video' ? this.encodings() : undefined;
      const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [this.stream], sendEncodings });
      if (track.kind === 'video') preferH264(transceiver);
    }
  }

  /**
   * A camera in three sizes, so that each viewer gets what fits (RFC 8853); a screen in one, for small text must stay text.
   *
   * @returns {RTCRtpEncodingParameters[]}
   */
  encodings() {
    if (!this.isLayered) return [{ maxBitrate: this.maxBitrateBps }];
    return [
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 600_000 },
      { rid: 'f', maxBitrate: this.maxBitrateBps },
    ];
  }

  /**
   * Send only the layers that somebody watches, as the server tells it by `stage:layers`.
   *
   * @param {{ session: string, mid: string, rids: string[] }} wanted
   */
  sendLayers({ session, mid, rids }) {
    const pc = this.pc;
    if (!pc || session !== this.sessionId) return;
    this.layering = this.layering.then(async () => {
      const sender = pc.getTransceivers().find((transceiver) => transceiver.mid === mid)?.sender;
      const parameters = sender?.getParameters();
      if (pc !== this.pc || !sender || !parameters?.encodings?.length) return;
      for (const encoding of parameters.encodings) encoding.active = !encoding.rid || rids.includes(encoding.rid);
      await sender.setParameters(parameters);
    }).catch((error) => console.warn('livehub: layers stay as they were', error));
  }

  /**
   * Swap the camera, microphone or screen without a new negotiation.
   *
   * @param {MediaStreamTrack} track
   */
  async replaceTrack(track) {
    const sender = this.pc?.getSenders().find((candidate) => candidate.track?.kind === track.kind);
    for (const old of this.stream.getTracks()) if (old.kind === track.kind) this.stream.removeTrack(old);
    this.stream.addTrack(track);
    await sender?.replaceTrack(track);
  }

  /**
   * How the sending goes, for a health display; null while not connected, and the first time that it is asked.
   *
   * `askedBps` is what the encoder was told to make of what the network and the server allow; NaN where the browser does not say.
   *
   * @returns {Promise<{ bitrateBps: number, askedBps: number, framesPerSecond: number, rttMs: number, lostShare: number, limitedBy: string,
   *   layers: import('./media-stats.js').SentLayer[] } | null>}
   */
  async health() {
    if (!this.pc || this.state !== 'connected') return null;
    const reports = [...(await this.pc.getStats()).values()];
    const health = { bitrateBps: 0, askedBps: 0, framesPerSecond: 0, rttMs: 0, lostShare: 0, limitedBy: 'none', layers: sentLayers(reports) };
    let bytes = 0;
    for (const stat of reports) {
      if (stat.type === 'outbound-rtp') bytes += stat.bytesSent ?? 0;
      if (stat.type === 'outbound-rtp' && stat.kind === 'video') {
        health.framesPerSecond = Math.max(health.framesPerSecond, stat.framesPerSecond ?? 0);
        if (stat.active !== false) health.askedBps += stat.targetBitrate ?? NaN;
        if ((stat.qualityLimitationReason ?? 'none') !== 'none') health.limitedBy = stat.qualityLimitationReason;
      }
      if (stat.type === 'remote-inbound-rtp' && stat.kind === 'video') health.lostShare = Math.max(health.lostShare, stat.fractionLost ?? 0);
      if (stat.type === 'candidate-pair' && stat.nominated) health.rttMs = (stat.currentRoundTripTime ?? 0) * 1000;
    }
    const nowMs = performance.now();
    const before = this.counted;
    this.counted = { pc: this.pc, bytes, atMs: nowMs };
    if (before?.pc !== this.pc) return null; // a rate needs two counts
    health.bitrateBps = Math.max(0, ((bytes - before.bytes) * 8000) / (nowMs - before.atMs));
    return health;
  }
}

/** H.264 first: every browser plays it and HLS can carry it. @param {RTCRtpTransceiver} transceiver */
function preferH264(transceiver) {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs;
  if (!codecs || !transceiver.setCodecPreferences) return;
  const rank = (/** @type {{ mimeType: string, sdpFmtpLine?: string }} */ codec) => {
    const name = codec.mimeType.toLowerCase();
    if (name === 'video/h264') return codec.sdpFmtpLine?.includes('profile-level-id=42e0') && codec.sdpFmtpLine.includes('packetization-mode=1') ? 0 : 1;
    return name === 'video/vp8' ? 2 : name === 'video/rtx' ? 3 : 4;
  };
  const wanted = codecs.filter((codec) => rank(codec) < 4).sort((a, b) => rank(a) - rank(b));
  transceiver.setCodecPreferences(wanted);
}
