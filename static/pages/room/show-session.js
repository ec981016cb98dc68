/**
 * One visit to a room: identity, real time connection, player, what is bought. Signals out, no drawing.
 */

import { batch, computed, effect, signal } from '@preact/signals';
import { announce } from '../../lib/announce.js';
import { announceLines } from '../../lib/announce-lines.js';
import { api, bearer, request } from '../../lib/api.js';
import { Cart } from '../../lib/cart.js';
import { serverConfig } from '../../lib/config.js';
import { RoomClaims } from '../../lib/claims.js';
import { RoomAuctions } from '../../lib/auctions.js';
import { RoomCoupons } from '../../lib/coupons.js';
import { locale, t } from '../../lib/i18n.js';
import { iceServers } from '../../lib/ice-servers.js';
import { CallError, RoomConnection } from '../../lib/protocol.js';
import { ReplayChat } from '../../lib/replay-chat.js';
import { mergeMessages, RoomState } from '../../lib/room-state.js';
import { Received } from '../../lib/received.js';
import { WhepPlayer } from '../../lib/rtc.js';
import { ensureIdentity, me, rename } from '../../lib/session.js';
import { hasSeveralPictures, peopleOnStage, tilesOf } from '../../lib/stage.js';
import { Interpreting } from '../../lib/interpreting.js';
import { HlsFallback } from './hls-fallback.js';
import { StageGuest } from './stage-guest.js';

/** @typedef {import('../../lib/types.js').Room} Room */
/** @typedef {import('../../lib/types.js').Order} Order */

/** What trying again cannot cure; everything else (nobody publishes yet, server restarting) is tried again. */
const FINAL_CODES = new Set(['codec_not_supported', 'offer_not_acceptable', 'room_not_found', 'forbidden', 'unauthenticated', 'token_expired', 'token_invalid', 'banned']);

export class ShowSession {
  /** @param {Room} room as GET /rooms/{room} answered */
  constructor(room) {
    this.id = room.id;
    this.connection = new RoomConnection({ room: room.id, locale: locale(), token: bearer() });
    this.state = new RoomState(this.connection);
    this.state.room.value = room;
    this.coupons = new RoomCoupons(room.id, this.connection);
    this.claims = new RoomClaims(room.id, this.connection, () => this.state.me.value?.identity ?? '');
    this.state.onClaim = (claim) => this.claims.put(claim);
    this.auctions = new RoomAuctions(room.id, this.connection, () => this.state.me.value?.identity ?? me.value?.id ?? '');
    this.cart = new Cart(room.id);
    /** The product whose pictures and description are open. */
    this.looksAt = signal(/** @type {{ offer: import('../../lib/types.js').Offer, canBuy: boolean } | null} */ (null));
    /** Address of a picture to look at until the stream is here. */
    this.still = signal(/** @type {string | null} */ (null));
    this.received = new Received();
    /** Picture and first voice, in step; the other pictures and voices have streams of their own. */
    this.stream = this.received.stream;
    this.voices = this.received.voices;
    /** The server's name of my viewing session. */
    this.watching = signal('');
    this.people = computed(() => peopleOnStage(this.state.tracks.value, this.state.speaking.value));
    this.tiles = computed(() => tilesOf(this.state.slots.value.get(this.watching.value) ?? [], this.people.value));
    this.guest = new StageGuest(this);
    this.fallback = new HlsFallback(this);
    /** Language channels: what I hear of them, and what I say into mine. */
    this.interpreting = new Interpreting(this, iceServers);
    /** What had been said by the moment of the replay that is shown. */
    this.replayChat = new ReplayChat(room.id);
    /** How several pictures stand: all alike, or one large. Talks begin with all alike, shows with the host. */
    this.layout = signal(/** @type {'grid'|'speaker'} */ (room.kind === 'show' ? 'speaker' : 'grid'));
    /** The tile that I made large, by its key. */
    this.chosenTile = signal(/** @type {string | null} */ (null));
    this.media = signal(/** @type {import('../../lib/rtc.js').LinkState} */ ('idle'));
    this.mediaProblem = signal(/** @type {import('../../lib/api.js').Problem | null} */ (null));
    /** Whether the figures of the connection stand over the picture. */
    this.showsStats = signal(false);
    /** Somebody bought; gathered into one line by the view. */
    this.purchases = signal(/** @type {{ name: string, units: number, key: number }[]} */ ([]));
    /** Emoji to let fly, counted up so that the view sees each. */
    this.bursts = signal(/** @type {{ emoji: string, n: number, key: number }} */ ({ emoji: '', n: 0, key: 0 }));
    this.lastKey = 0;
    /** Reactions of mine that the room's sum will count again. @type {Map<string, number>} */
    this.own = new Map();
    /** What the server was told of how far I came with products. @type {Set<string>} */
    this.steps = new Set();
    this.failure = signal(/** @type {unknown} */ (null));
    /** @type {WhepPlayer | null} */
    this.player = null;
    /** @type {(() => void)[]} */
    this.endings = [];
  }

  async start() {
    this.endings.push(effect(() => this.followRoom()), effect(() => this.guest.follow()), effect(() => this.followSlots()), effect(() => this.interpreting.follow()), effect(() => this.interpreting.leaveIfTaken()), ...this.listen());
    this.loadStill().catch(() => undefined); // nothing is shown yet: the calm colour stays
    try {
      const config = await serverConfig();
      this.fallback.isOffered = config.hls;
      this.maxChars = config.max_message_chars;
      this.payments = config.payments;
      this.hasQuotes = config.quotes;
      this.isReady = true;
      this.followRoom();
      await ensureIdentity();
      if (this.state.room.value?.state === 'ended') {
        this.auctions.load().catch((error) => console.warn('livehub: auctions are not known', error));
        await this.loadHistory();
      }
      else if (this.connection.status !== 'closed') this.connection.open();
    } catch (error) {
      this.failure.value = error;
    }
  }

  stop() {
    for (const end of this.endings.splice(0)) end();
    this.guest.stop();
    this.interpreting.stop();
    this.fallback.stop();
    this.endRealTime();
    this.connection.close();
  }

  /** An `<img>` carries cookies but no token, so for a member the picture is fetched here. */
  async loadStill() {
    const { still, visibility } = /** @type {Room} */ (this.state.room.value);
    if (!still) return;
    if (visibility !== 'public') await ensureIdentity();
    if (!bearer()) {
      this.still.value = still;
      return;
    }
    const answer = await request('GET', still);
    if (answer.status === 204) return; // nobody sends a picture yet
    const address = URL.createObjectURL(await answer.blob());
    this.endings.push(() => URL.revokeObjectURL(address));
    this.still.value = address;
  }

  /** Plays while the room is live, and only then. */
  followRoom() {
    const isLive = this.state.room.value?.state === 'live' && !this.state.removed.value;
    if (!this.isReady) return;
    const isPlaying = Boolean(this.player ?? this.fallback.player.peek());
    if (isLive && !isPlaying && this.fallback.isWanted) this.fallback.begin('wanted');
    else if (isLive && !isPlaying) this.play();
    if (!isLive && isPlaying) {
      this.fallback.stop();
      this.endRealTime();
    }
  }

  endRealTime() {
    const player = this.player;
    this.player = null;
    player?.stop();
    this.watching.value = '';
    this.received.clear();
  }

  play() {
    this.player = new WhepPlayer({
      room: this.connection.room,
      videoSlots: this.videoSlots,
      iceServers,
      before: ensureIdentity,
      isFinal: (problem) => FINAL_CODES.has(problem.code) || this.fallback.isCure(problem),
      onState: (state, problem) => {
        batch(() => {
          if (state === 'connecting') this.received.begin();
          if (state === 'connected') this.watching.value = this.player?.sessionId ?? '';
          this.media.value = state;
          this.mediaProblem.value = problem ?? null;
        });
        this.fallback.weigh(state, problem);
      },
      onTrack: (track, slot) => this.received.take(track, slot),
    });
    this.player.start();
  }

  /** How the picture arrives; null while there is no connection. @returns {Promise<import('../../lib/media-stats.js').PlaybackStats | null>} */
  async playbackStats() {
    return (await this.player?.stats()) ?? this.fallback.player.value?.stats() ?? null;
  }

  /** As many as a stage of this kind can show here; fixed when watching begins. */
  get videoSlots() {
    if (this.state.room.value?.kind === 'show') return 4;
    return window.matchMedia('(width < 900px)').matches ? 6 : 9;
  }

  /** Names and marks are needed once there are several; what was told before I was in the room is asked for. */
  followSlots() {
    const session = this.watching.value;
    const isNeeded = hasSeveralPictures(this.state.tracks.value) || this.guest.isOnStage.value || Boolean(this.interpreting.heard.value);
    if (session && isNeeded && this.state.status.value === 'online' && !this.state.slots.peek().has(session)) this.state.askSlots(session);
  }

  /** Tell the server how large each slot stands on my screen. @param {{ slot: number, width: number }[]} sizes */
  tellSizes(sizes) {
    const session = this.watching.value;
    if (!session || this.connection.status !== 'online') return;
    this.connection.call('stage:choose', { session, slots: sizes }).catch((error) => console.warn('livehub: sizes are told with the next change', error));
  }

  /** A codec may have changed, or a publisher come: try at once what had been given up. */
  retryMedia() {
    if (!['failed', 'interrupted'].includes(this.media.value)) return;
    this.player?.start();
    this.fallback.player.value?.start();
  }

  listen() {
    const { connection, state } = this;
    let isFirst = true;
    return [
      connection.on('stage:slots', ({ tracks }) => tracks?.length && this.retryMedia()),
      // asked again, the server says which codec it is; the present one would stay black
      connection.on('media:undecodable', () => this.player?.start()),
      connection.on('media:lost', ({ sessions }) => this.player?.lost(sessions)),
      connection.on('stage:layers', (wanted) => this.guest.broadcast.value?.sendLayers(wanted)),
      connection.on('order:paid', ({ display_name, units }) => {
        this.purchases.value = [...this.purchases.value.slice(-50), { name: display_name, units, key: ++this.lastKey }];
      }),
      connection.on('chat:reactions', ({ delta }) => {
        for (const [emoji, n] of Object.entries(delta ?? {})) this.burst(emoji, n - this.takeOwn(emoji, n));
      }),
      announceLines(connection, state),
      connection.on('status', (status) => {
        if (status === 'online' && !isFirst) announce(t('You are connected again.'));
        if (status === 'online' && !isFirst && this.watching.value && hasSeveralPictures(state.tracks.value)) state.askSlots(this.watching.value);
        if (status === 'online') isFirst = false;
      }),
    ];
  }

  /** Resolves once the room is joined. @param {number} [timeoutMs] @returns {Promise<void>} */
  whenOnline(timeoutMs = 10_000) {
    if (this.connection.status === 'online') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => (off(), reject(new CallError({ code: 'timeout' }))), timeoutMs);
      const off = this.connection.on('status', (status) => {
        if (status !== 'online') return;
        clearTimeout(timer);
        off();
        resolve();
      });
    });
  }

  /** Take a name that others see; the connection is renewed so that the server learns it. @param {string} name */
  async introduce(name) {
    await rename(name);
    this.connection.renew();
    await this.whenOnline();
  }

  /** Mine flies at once; when the room's sum comes, it is not shown a second time. @param {string} emoji */
  async react(emoji) {
    this.burst(emoji, 1);
    this.own.set(emoji, (this.own.get(emoji) ?? 0) + 1);
    try {
      await this.connection.call('chat:react', { emoji });
    } catch (error) {
      this.takeOwn(emoji, 1);
      throw error;
    }
  }

  /** @param {string} emoji @param {number} n */
  burst(emoji, n) {
    if (n > 0) this.bursts.value = { emoji, n, key: ++this.lastKey };
  }

  /** How many of these are mine and flew already. @param {string} emoji @param {number} most @returns {number} */
  takeOwn(emoji, most) {
    const mine = Math.min(this.own.get(emoji) ?? 0, most);
    this.own.set(emoji, (this.own.get(emoji) ?? 0) - mine);
    return mine;
  }

  /** For the host's figures: I opened a product, or went to checkout with it; told once. @param {string} offer @param {'card'|'checkout'} step */
  tellStep(offer, step) {
    const did = `${step} ${offer}`;
    if (!offer || this.steps.has(did) || this.connection.status !== 'online') return;
    this.steps.add(did);
    this.connection.call('offer:step', { offer, step }).catch((error) => console.warn('livehub: a step was not told', error));
  }

  /**
   * Place an order. The same draft keeps its key, so trying again after a lost answer cannot order twice.
   *
   * @param {Record<string, unknown>} draft the body without `room`
   * @param {string} idempotencyKey
   * @returns {Promise<Order>}
   */
  async order(draft, idempotencyKey) {
    const order = await api.post('/orders', { room: this.connection.room, ...draft }, { headers: { 'Idempotency-Key': idempotencyKey } });
    this.state.putOrder(order);
    if (this.state.room.value?.state === 'ended') this.loadReplayOffers().catch((error) => console.warn('livehub: what is left is not known', error));
    return order;
  }

  /** @param {string} id @returns {Promise<Order>} */
  async refreshOrder(id) {
    const order = await api.get(`/orders/${id}`);
    this.state.putOrder(order);
    return order;
  }

  /** @param {string} id */
  async cancelOrder(id) {
    this.state.putOrder(await api.post(`/orders/${id}/cancel`));
  }

  /** The room as it is now: its replay may have come. */
  async refreshRoom() {
    this.state.room.value = await api.get(`/rooms/${encodeURIComponent(this.id)}`);
    await this.loadStill();
  }

  /** What can still be bought from the recording; the stock is the shop's. */
  async loadReplayOffers() {
    const { items } = await api.get(`/rooms/${encodeURIComponent(this.id)}/replay/offers`);
    this.state.offers.value = items;
  }

  /** What was written, for a room that nobody can join any more. */
  async loadHistory() {
    const { items } = await api.get(`/rooms/${encodeURIComponent(this.connection.room)}/messages?locale=${locale()}`);
    this.state.messages.value = mergeMessages(this.state.messages.value, items);
  }

  /** What the shop says in it, in my language, as far as the room does not tell. */
  async loadWords() {
    const tag = locale();
    await ensureIdentity(); // for nobody, nothing is translated
    const { items } = await api.get(`/rooms/${encodeURIComponent(this.id)}/texts?locale=${tag}`);
    if (tag === locale()) this.state.words.put(items);
  }

  /** My orders of this room, so that the bag shows them after a reload. */
  async loadOrders() {
    const { items } = await api.get(`/orders?room=${encodeURIComponent(this.connection.room)}`);
    batch(() => items.forEach((/** @type {Order} */ order) => this.state.putOrder(order)));
  }
}
