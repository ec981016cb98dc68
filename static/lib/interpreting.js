/** Language channels: what of them I hear, and what I say into mine. Signals out, no drawing. */

import { computed, signal } from '@preact/signals';
import { WhipPublisher } from './rtc.js';

/** @typedef {{ locale: string, interpreters: { identity: string, display_name: string }[], on: string|null, asked: string|null }} Channel */
/** @typedef {import('./types.js').ShownSlot} ShownSlot */

/** The floor under an interpreter: there, and out of the way. */
export const FLOOR_VOLUME = 0.15;
/** How long after a refusal, or no answer, the server is told again what I hear. */
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * How loud an audio slot is played, from 0 to 1: all as they are, and the floor low while an interpreter is heard.
 *
 * @param {ShownSlot[]} slots what my viewing session shows
 * @param {number} slot
 * @param {boolean} isInstead an interpreter who works from another channel hears it in place of the floor
 */
export function volumeOf(slots, slot, isInstead) {
  const said = slots.find((one) => one.kind === 'audio' && one.source === 'interpretation');
  if (!said || said.slot === slot) return 1;
  return isInstead ? 0 : FLOOR_VOLUME;
}

/** @param {Channel[]} channels @param {string|undefined} identity */
export const channelOf = (channels, identity) => channels.find(({ interpreters }) => interpreters.some((one) => one.identity === identity)) ?? null;

export class Interpreting {
  /**
   * @param {{ id: string, connection: import('./protocol.js').RoomConnection, state: import('./room-state.js').RoomState,
   *   watching: import('@preact/signals').Signal<string> }} session
   * @param {() => Promise<RTCIceServer[]>} iceServers
   */
  constructor(session, iceServers) {
    this.session = session;
    this.iceServers = iceServers;
    /** The channel that I want to hear; '' is the floor. */
    this.wanted = signal('');
    /** The channel that I may interpret into. */
    this.mine = computed(() => channelOf(session.state.channels.value, session.state.me.value?.identity));
    this.isOn = computed(() => Boolean(this.mine.value && this.mine.value.on === session.state.me.value?.identity));
    /** The one that I hear: what I want, as long as there is such a channel. */
    this.heard = computed(() => (session.state.channels.value.some(({ locale }) => locale === this.wanted.value) ? this.wanted.value : ''));
    this.microphone = signal(/** @type {MediaStream | null} */ (null));
    this.link = signal(/** @type {import('./rtc.js').LinkState} */ ('idle'));
    /** @type {WhipPublisher | null} */
    this.publisher = null;
    /** Why the server does not know yet what I want to hear, while it is told again; null once it does. */
    this.problem = signal(/** @type {import('./protocol.js').CallError | null} */ (null));
    /** What was said last of what I hear, and whether the server has taken it. */
    this.told = '';
    this.isTaken = false;
    this.failures = 0;
    this.timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
  }

  /** How loud a slot is played. @param {number} slot */
  volume(slot) {
    const { state, watching } = this.session;
    return volumeOf(state.slots.value.get(watching.value) ?? [], slot, Boolean(this.mine.value));
  }

  /** Tell the server what I hear, whenever that, or my viewing session, is another, and once I am back. */
  follow() {
    const session = this.session.watching.value;
    const isOnline = this.session.state.status.value === 'online';
    const locale = this.heard.value;
    clearTimeout(this.timer);
    if (!session || !isOnline || (this.isTaken && this.told === `${session} ${locale}`) || (!locale && !this.told)) return;
    this.failures = 0;
    this.tell(session, locale);
  }

  /** @param {string} session @param {string} locale */
  async tell(session, locale) {
    const told = (this.told = `${session} ${locale}`);
    this.isTaken = false;
    try {
      await this.session.connection.call('interpreter:listen', { session, ...(locale ? { locale } : {}) });
    } catch (error) {
      if (told === this.told) this.tellAgain(session, locale, /** @type {import('./protocol.js').CallError} */ (error)); // else something newer was said
      return;
    }
    if (told !== this.told) return;
    this.isTaken = true;
    this.problem.value = null;
  }

  /** @param {string} session @param {string} locale @param {import('./protocol.js').CallError} problem */
  tellAgain(session, locale, problem) {
    if (problem.code === 'offline') return; // `follow` tells it once I am back
    console.warn('livehub: the channel was not told', problem);
    this.problem.value = problem;
    const delay = RETRY_DELAYS_MS[Math.min(this.failures++, RETRY_DELAYS_MS.length - 1)];
    this.timer = setTimeout(() => this.tell(session, locale), Math.max(delay, problem.retryAfterS * 1000));
  }

  /** My language changed hands or was taken away: nothing of mine is sent any more. */
  leaveIfTaken() {
    if (this.publisher && !this.mine.value) this.close();
  }

  /** Open the microphone and send; nobody hears it before I am on. */
  async prepare() {
    if (this.publisher) return;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    this.microphone.value = stream;
    this.publisher = new WhipPublisher({
      room: this.session.id, stream, source: 'interpretation', iceServers: this.iceServers, onState: (state) => (this.link.value = state),
    });
    this.publisher.start();
    try {
      await new Promise((resolve, reject) => {
        const stop = this.link.subscribe((state) => {
          if (state === 'connected') resolve(undefined);
          else if (state === 'failed') reject(new Error('failed'));
          else return;
          queueMicrotask(() => stop());
        });
      });
    } catch (error) {
      this.close(); // the next attempt begins anew, and nobody is on with nothing to be heard
      throw error;
    }
  }

  /** @param {'take'|'ask'|'leave'} what @param {string} locale */
  async turn(what, locale) {
    if (what !== 'leave') await this.prepare();
    await this.session.connection.call(`interpreter:${what}`, { locale });
  }

  /** @param {string} locale @param {string} to */
  hand(locale, to) {
    return this.session.connection.call('interpreter:hand', { locale, to });
  }

  /** The visit is over. */
  stop() {
    clearTimeout(this.timer);
    this.close();
  }

  close() {
    this.publisher?.stop();
    this.publisher = null;
    this.link.value = 'idle';
    for (const track of this.microphone.value?.getTracks() ?? []) track.stop();
    this.microphone.value = null;
  }
}
