/**
 * Camera, microphone, screen and the sending of them, as signals for the studio. Knows no components.
 *
 * One MediaStream lives as long as the studio: flipping the camera or sharing the screen replaces tracks inside it, so the
 * preview and the connection go on.
 */

import { signal } from '@preact/signals';
import { iceServers } from '../../lib/ice-servers.js';
import { deviceProblem, listDevices, openCamera, openScreen } from '../../lib/media-devices.js';
import { WhipPublisher } from '../../lib/rtc.js';

/** @typedef {import('../../lib/media-devices.js').DeviceProblem} DeviceProblem */
/** @typedef {import('../../lib/rtc.js').LinkState} LinkState */
/** @typedef {NonNullable<Awaited<ReturnType<WhipPublisher['health']>>>} Health */

const HEALTH_EVERY_MS = 2_000;
const DEVICES_KEY = 'livehub.devices';

export class Broadcast {
  /** @param {string} room */
  constructor(room) {
    this.room = room;
    this.stream = signal(/** @type {MediaStream | null} */ (null));
    /** Grows when a track was replaced, for those who listen to a track and not to the stream. */
    this.version = signal(0);
    this.source = signal(/** @type {'camera'|'screen'} */ ('camera'));
    /** A screen that is shared beside the camera, by a session of its own. */
    this.screen = signal(/** @type {MediaStream | null} */ (null));
    /** @type {WhipPublisher | null} */
    this.screenPublisher = null;
    this.isOpening = signal(false);
    this.problem = signal(/** @type {DeviceProblem | null} */ (null));
    this.devices = signal({ cameras: /** @type {MediaDeviceInfo[]} */ ([]), microphones: /** @type {MediaDeviceInfo[]} */ ([]) });
    this.facing = signal(/** @type {'user'|'environment'} */ ('user'));
    this.isMicOn = signal(true);
    this.isCameraOn = signal(true);
    this.hasTorch = signal(false);
    this.isTorchOn = signal(false);
    this.link = signal(/** @type {LinkState} */ ('idle'));
    this.linkProblem = signal(/** @type {import('../../lib/api.js').Problem | null} */ (null));
    this.health = signal(/** @type {Health | null} */ (null));
    /** When the connection came up, on the clock of performance.now(). */
    this.connectedAtMs = 0;
    /** @type {WhipPublisher | null} */
    this.publisher = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    /** @type {{ release: () => Promise<void> } | null} */
    this.wakeLock = null;
    this.onDevices = () => this.stream.value && listDevices().then((devices) => (this.devices.value = devices));
    navigator.mediaDevices?.addEventListener('devicechange', this.onDevices);
    this.onVisible = () => document.visibilityState === 'visible' && this.publisher && this.stayAwake();
  }

  /** Ask for camera and microphone; `problem` tells why there are none. @param {{ cameraId?: string, microphoneId?: string }} [choice] */
  async open(choice = {}) {
    const wish = { ...rememberedDevices(), ...choice };
    this.isOpening.value = true;
    this.problem.value = null;
    try {
      await this.take(await this.openWished(wish));
      this.source.value = 'camera';
      this.devices.value = await listDevices();
      if (choice.cameraId || choice.microphoneId) rememberDevices(wish);
    } catch (error) {
      this.problem.value = deviceProblem(error);
    }
    this.isOpening.value = false;
  }

  /** @param {{ cameraId?: string, microphoneId?: string }} wish */
  async openWished(wish) {
    const portrait = window.matchMedia('(orientation: portrait) and (pointer: coarse)').matches;
    const facing = wish.cameraId ? {} : { facingMode: this.facing.value };
    this.stopKind('video'); // phones open one camera at a time
    try {
      return await openCamera({ ...wish, ...facing, portrait });
    } catch (error) {
      if (deviceProblem(error) !== 'missing' || !(wish.cameraId || wish.microphoneId)) throw error;
      return openCamera({ facingMode: this.facing.value, portrait }); // the remembered one is not plugged in today
    }
  }

  /** Put fresh tracks in the place of those of their kind. @param {MediaStream} fresh */
  async take(fresh) {
    if (!this.stream.value) this.stream.value = fresh;
    else {
      for (const track of fresh.getTracks()) {
        this.stopKind(/** @type {'audio'|'video'} */ (track.kind));
        await this.put(track);
      }
    }
    for (const track of fresh.getTracks()) track.addEventListener('ended', () => this.onLost(track));
    this.apply();
    this.version.value += 1;
    const [video] = this.stream.value.getVideoTracks();
    this.isTorchOn.value = false;
    this.hasTorch.value = Boolean(/** @type {any} */ (video?.getCapabilities?.())?.torch);
  }

  /** @param {MediaStreamTrack} track */
  async put(track) {
    const stream = /** @type {MediaStream} */ (this.stream.value);
    if (this.publisher) return this.publisher.replaceTrack(track);
    for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
    stream.addTrack(track);
  }

  /** Unplugged, taken by a phone call, or the sharing of the screen was ended: the camera is what comes next. @param {MediaStreamTrack} track */
  onLost(track) {
    if (this.stream.value?.getTracks().includes(track)) this.open();
  }

  /** @param {'audio'|'video'} kind */
  stopKind(kind) {
    for (const track of this.stream.value?.getTracks() ?? []) if (track.kind === kind) track.stop();
  }

  async flip() {
    this.facing.value = this.facing.value === 'user' ? 'environment' : 'user';
    rememberDevices({ ...rememberedDevices(), cameraId: undefined });
    await this.open();
  }

  /** Beside the camera; without one the screen is the picture. */
  async shareScreen() {
    try {
      const screen = await openScreen();
      const [video] = screen.getVideoTracks();
      if (this.stream.value?.getVideoTracks().some((track) => track.readyState === 'live')) return this.addScreen(screen, video);
      for (const track of screen.getAudioTracks()) track.stop(); // the microphone goes on
      const stream = new MediaStream([video]);
      await this.take(stream);
      this.source.value = 'screen';
      this.problem.value = null;
    } catch (error) {
      // denied: they closed the picker; with a camera running the show goes on with it
      if (deviceProblem(error) !== 'denied' && !this.stream.value) this.problem.value = deviceProblem(error);
    }
  }

  /** @param {MediaStream} screen @param {MediaStreamTrack} video */
  async addScreen(screen, video) {
    this.stopScreen();
    video.contentHint = 'detail'; // letters before motion
    video.addEventListener('ended', () => this.screen.value === screen && this.stopScreen()); // by the browser's own bar
    this.screen.value = screen;
    if (this.publisher) await this.publishScreen();
  }

  async publishScreen() {
    const screen = this.screen.value;
    if (!screen) return;
    this.screenPublisher?.stop();
    this.screenPublisher = new WhipPublisher({ room: this.room, stream: screen, source: 'screen', iceServers });
    await this.screenPublisher.start();
  }

  stopScreen() {
    this.screenPublisher?.stop();
    this.screenPublisher = null;
    for (const track of this.screen.value?.getTracks() ?? []) track.stop();
    this.screen.value = null;
  }

  toggleMic() {
    this.isMicOn.value = !this.isMicOn.value;
    this.apply();
  }

  toggleCamera() {
    this.isCameraOn.value = !this.isCameraOn.value;
    this.apply();
  }

  apply() {
    for (const track of this.stream.value?.getTracks() ?? []) track.enabled = track.kind === 'audio' ? this.isMicOn.value : this.isCameraOn.value;
  }

  async toggleTorch() {
    const [video] = this.stream.value?.getVideoTracks() ?? [];
    const on = !this.isTorchOn.value;
    try {
      await video?.applyConstraints({ advanced: [/** @type {any} */ ({ torch: on })] });
      this.isTorchOn.value = on;
    } catch (error) {
      console.warn('livehub: the lamp does not obey', error);
      this.hasTorch.value = false;
    }
  }

  /** Send what the preview shows; reconnects by itself until `stop`. @param {{ isRehearsal?: boolean }} [options] */
  async publish({ isRehearsal = false } = {}) {
    const stream = this.stream.value;
    if (!stream) return;
    this.publisher?.stop();
    this.health.value = null;
    this.publisher = new WhipPublisher({ room: this.room, stream, iceServers, onState: (state, problem) => this.onLink(state, problem ?? null) });
    clearInterval(this.timer);
    this.timer = setInterval(async () => (this.health.value = (await this.publisher?.health()) ?? null), HEALTH_EVERY_MS);
    if (!isRehearsal) {
      rememberOnAir(this.room, true);
      document.addEventListener('visibilitychange', this.onVisible);
      this.stayAwake();
    }
    await Promise.all([this.publisher.start(), this.publishScreen()]);
  }

  /** @param {LinkState} state @param {import('../../lib/api.js').Problem | null} problem */
  onLink(state, problem) {
    if (state === 'connected') this.connectedAtMs = performance.now();
    else this.health.value = null;
    this.link.value = state;
    this.linkProblem.value = problem;
  }

  stop() {
    clearInterval(this.timer);
    this.publisher?.stop();
    this.publisher = null;
    this.stopScreen();
    this.link.value = 'idle';
    this.health.value = null;
    rememberOnAir(this.room, false);
    document.removeEventListener('visibilitychange', this.onVisible);
    this.wakeLock?.release().catch(() => undefined); // the system may have taken it back before
    this.wakeLock = null;
  }

  /** Which layers of the camera anybody watches. @param {{ session: string, mid: string, rids: string[] }} wanted */
  sendLayers(wanted) {
    this.publisher?.sendLayers(wanted);
  }

  /** A part of the server went down. @param {string} sessions what the ids of its sessions begin with */
  lost(sessions) {
    this.publisher?.lost(sessions);
    this.screenPublisher?.lost(sessions);
  }

  /** The room is over, and with it the session on the server: nothing there is left to be deleted. */
  finish() {
    if (this.publisher) this.publisher.session = '';
    if (this.screenPublisher) this.screenPublisher.session = '';
    this.stop();
    this.close();
  }

  /** Camera and microphone off, everything over. A page that only goes away keeps the wish to be on air. */
  close() {
    clearInterval(this.timer);
    this.publisher?.stop();
    this.stopScreen();
    document.removeEventListener('visibilitychange', this.onVisible);
    navigator.mediaDevices?.removeEventListener('devicechange', this.onDevices);
    for (const track of this.stream.value?.getTracks() ?? []) track.stop();
    this.stream.value = null;
  }

  async stayAwake() {
    this.wakeLock = await /** @type {any} */ (navigator).wakeLock?.request('screen').catch(() => null) ?? null; // a low battery refuses
  }
}

/** @returns {{ cameraId?: string, microphoneId?: string }} */
function rememberedDevices() {
  try {
    return JSON.parse(localStorage.getItem(DEVICES_KEY) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {{ cameraId?: string, microphoneId?: string }} devices */
const rememberDevices = (devices) => localStorage.setItem(DEVICES_KEY, JSON.stringify(devices));

/** This tab was on air in that room: a reload goes on. @param {string} room @param {boolean} isOnAir */
function rememberOnAir(room, isOnAir) {
  if (isOnAir) sessionStorage.setItem(`livehub.onair.${room}`, '1');
  else sessionStorage.removeItem(`livehub.onair.${room}`);
}

/** @param {string} room */
export const wasOnAir = (room) => sessionStorage.getItem(`livehub.onair.${room}`) === '1';
