/**
 * A room over Socket.IO (docs/protocol.md): join, calls with acknowledgements, numbered events without gaps or doubles
 * across reconnects. Knows no DOM.
 */

import { io } from 'socket.io-client';

/** Answered by the server's `{ok: false}`, or made here: `timeout`, `offline`. */
export class CallError extends Error {
  /** @param {{ code: string, message?: string, retry_after_s?: number }} error */
  constructor(error) {
    super(error.message || error.code);
    this.name = 'CallError';
    this.code = error.code;
    this.retryAfterS = error.retry_after_s ?? 0;
  }
}

/** What the server tells; anything else is not handed on. */
export const EVENTS = [
  'room:state', 'room:presence', 'chat:messages', 'chat:translations', 'text:translations', 'translation:state', 'chat:deleted', 'chat:pinned', 'chat:typing', 'chat:reactions', 'member:muted',
  'hand:raised', 'offer:pinned', 'offer:arranged', 'coupon:changed', 'claim:changed', 'auction:changed', 'offer:changed', 'order:paid', 'order:changed', 'stage:slots', 'stage:changed', 'stage:speakers', 'stage:pins', 'interpreter:channels', 'stage:invited',
  'stage:withdrawn', 'stage:answered', 'stage:layers', 'stage:muted', 'member:appointed', 'recording:state', 'captions:state', 'caption:lines', 'room:removed',
  'media:undecodable', 'media:lost', 'server:draining', 'restream:changed', 'poll:changed', 'poll:results', 'question:changed',
  'question:removed', 'question:votes', 'draw:changed', 'draw:entries', 'chat:decided', 'chat:restored', 'room:rules',
  'moderation:held', 'moderation:reported', 'moderation:resolved', 'moderation:logged',
];

/** @typedef {'connecting'|'online'|'reconnecting'|'removed'|'refused'|'closed'} Status */

export class RoomConnection {
  /**
   * @param {{ room: string, locale: string, token?: string, callTimeoutMs?: number, connect?: typeof io }} options
   *   `connect` replaces socket.io-client's `io` in tests
   */
  constructor({ room, locale, token, callTimeoutMs = 10_000, connect = io }) {
    this.room = room;
    this.locale = locale;
    this.callTimeoutMs = callTimeoutMs;
    /** @type {Status} */
    this.status = 'connecting';
    /** Last sequence number seen, or -1 before the first snapshot. */
    this.seq = -1;
    /** @type {Map<string, Set<(payload: any) => void>>} */
    this.listeners = new Map();
    /** @type {{ name: string, payload: any }[] | null} events that arrived while a join was under way */
    this.held = null;
    this.attempt = 0;
    this.socket = connect({
      path: '/socket.io',
      auth: token ? { token } : {},
      transports: ['websocket', 'polling'],
      autoConnect: false,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    });
    this.socket.on('connect', () => this.join());
    this.socket.on('disconnect', (reason) => this.onDisconnect(reason));
    this.socket.on('connect_error', (error) => this.onConnectError(error));
    for (const name of EVENTS) this.socket.on(name, (payload) => this.receive(name, payload ?? {}));
  }

  open() {
    this.socket.connect();
    return this;
  }

  /** Connect anew, so that the server reads changed cookies (a guest who gave a name); missed events follow. */
  renew() {
    this.socket.disconnect();
    this.setStatus('reconnecting');
    this.socket.connect();
  }

  /** Lines, offers and captions come in this language from now on: a fresh snapshot is asked for. @param {string} locale */
  speak(locale) {
    if (locale === this.locale) return;
    this.locale = locale;
    this.seq = -1;
    if (this.socket.connected && this.status === 'online') this.join();
  }

  close() {
    this.setStatus('closed');
    this.socket.disconnect();
  }

  /**
   * Listen to a server event, or to `snapshot` ({state, me}), `joined` ({me, resumed}), `status` (Status), `refused` (CallError).
   *
   * @param {string} name
   * @param {(payload: any) => void} listener
   * @returns {() => void} stops listening
   */
  on(name, listener) {
    const set = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, set.add(listener));
    return () => set.delete(listener);
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} [payload]
   * @returns {Promise<any>} the acknowledgement
   * @throws {CallError}
   */
  async call(name, payload = {}) {
    if (!this.socket.connected) throw new CallError({ code: 'offline' });
    let answer;
    try {
      answer = await this.socket.timeout(this.callTimeoutMs).emitWithAck(name, { room: this.room, ...payload });
    } catch {
      throw new CallError({ code: this.socket.connected ? 'timeout' : 'offline' });
    }
    if (!answer?.ok) throw new CallError(answer?.error ?? { code: 'unknown' });
    return answer;
  }

  async join() {
    const attempt = ++this.attempt;
    this.held = [];
    try {
      const since = this.seq >= 0 ? { since: this.seq } : {};
      const answer = await this.call('room:join', { locale: this.locale, ...since });
      if (attempt !== this.attempt) return;
      if (!answer.resumed) {
        this.seq = answer.seq;
        this.emit('snapshot', { state: answer.state, me: answer.me });
      }
      this.emit('joined', { me: answer.me, resumed: Boolean(answer.resumed) });
      this.setStatus('online');
      this.release();
    } catch (error) {
      if (attempt === this.attempt) this.onJoinFailed(/** @type {CallError} */ (error));
    }
  }

  /** @param {CallError} error */
  onJoinFailed(error) {
    this.held = null;
    // Where the server says when to ask again (too many at once, its processes apart), it will be another answer then.
    if (error.retryAfterS || ['timeout', 'offline', 'rate_limited'].includes(error.code)) {
      if (this.socket.connected) setTimeout(() => this.socket.connected && this.join(), (error.retryAfterS || 2) * 1000);
      return;
    }
    this.setStatus('refused');
    this.emit('refused', error);
    this.socket.disconnect();
  }

  release() {
    const held = this.held ?? [];
    this.held = null;
    for (const { name, payload } of held) this.deliver(name, payload);
  }

  /** @param {string} name @param {any} payload */
  receive(name, payload) {
    if (payload.room && payload.room !== this.room) return;
    if (this.held) this.held.push({ name, payload });
    else this.deliver(name, payload);
  }

  /** @param {string} name @param {any} payload */
  deliver(name, payload) {
    if (typeof payload.seq === 'number') {
      if (payload.seq <= this.seq) return;
      this.seq = payload.seq;
    }
    if (name === 'room:removed') this.setStatus('removed');
    this.emit(name, payload);
  }

  /** @param {string} reason */
  onDisconnect(reason) {
    this.held = null;
    if (this.status === 'online' || this.status === 'connecting') this.setStatus('reconnecting');
    if (reason === 'io server disconnect' && this.status === 'reconnecting') setTimeout(() => this.socket.connect(), 1_000);
  }

  /** @param {Error & { data?: { code: string, retry_after_s?: number } }} error with `data` when the server refused */
  onConnectError(error) {
    if (this.socket.active) {
      if (this.status === 'online') this.setStatus('reconnecting');
      return; // socket.io tries again by itself
    }
    this.setStatus('refused');
    this.emit('refused', new CallError({ code: 'refused', ...error.data, message: error.message }));
  }

  /** @param {Status} status */
  setStatus(status) {
    if (status === this.status) return;
    this.status = status;
    this.emit('status', status);
  }

  /** @param {string} name @param {any} payload */
  emit(name, payload) {
    for (const listener of this.listeners.get(name) ?? []) listener(payload);
  }
}
