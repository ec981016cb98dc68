/** One host's work in one room: the connection, the room's state, what is sent, and the actions of the desk. */

import { computed, effect, signal } from '@preact/signals';
import { api, listAll } from '../../lib/api.js';
import { serverConfig } from '../../lib/config.js';
import { locale } from '../../lib/i18n.js';
import { RoomAuctions } from '../../lib/auctions.js';
import { RoomConnection } from '../../lib/protocol.js';
import { RoomState } from '../../lib/room-state.js';
import { StudioClaims } from './claims.js';
import { Broadcast, wasOnAir } from './broadcast.js';
import { Moderation } from './moderation.js';
import { Restreams } from './restreams.js';
import { Guests } from './guests.js';

/** @typedef {import('../../lib/types.js').Room} Room */
/** @typedef {import('../../lib/types.js').Offer} Offer */
/** @typedef {import('../../lib/types.js').Order} Order */

export class StudioSession {
  /** @param {Room} room as HTTP gave it */
  constructor(room) {
    this.id = room.id;
    this.connection = new RoomConnection({ room: room.id, locale: locale() });
    this.state = new RoomState(this.connection);
    this.state.room.value = room;
    this.auctions = new RoomAuctions(room.id, this.connection, () => this.state.me.value?.identity ?? '');
    this.broadcast = new Broadcast(room.id);
    this.restreams = new Restreams(room.id, this.connection);
    this.moderation = new Moderation(this);
    this.guests = new Guests(this);
    this.claims = new StudioClaims(room.id, this.connection, () => this.state.room.value?.can.includes('offer.edit') ?? false);
    this.peakViewers = signal(Number(localStorage.getItem(`livehub.peak.${room.id}`)) || 0);
    /** The offers in the order of the tray. */
    this.runSheet = this.state.offers;
    this.orders = computed(() => [...this.state.orders.value.values()].filter((order) => order.room_id === this.id).sort((a, b) => b.placed_at.localeCompare(a.placed_at)));
    this.sales = computed(() => salesOf(this.orders.value));
    this.audience = computed(() => this.state.presence.value.count);
    /** Whether this server can write what is said. */
    this.hasCaptions = signal(false);
    /** What the room says in other languages is looked at: from a text on, or all of it. */
    this.wording = signal(/** @type {import('../../lib/wording.js').Spot | 'all' | null} */ (null));
    /** A reload is on its way back to air. */
    this.isResuming = signal(false);
    /** A picture of mine is on stage that this page does not send: ffmpeg's, OBS's, or my other device's. */
    this.isOthersOnStage = computed(() => this.broadcast.link.value === 'idle' && !this.isResuming.value && this.state.tracks.value.some((track) => track.kind === 'video' && this.isMine(track.publisher)));
    /** Others are seen and I am not, nor is my camera open: I watch as a viewer does. */
    this.isWatching = computed(() => this.broadcast.link.value === 'idle' && !this.isResuming.value && !this.broadcast.stream.value && !this.broadcast.problem.value
      && this.state.tracks.value.some((track) => track.kind === 'video' && !this.isMine(track.publisher)));
    /** @type {(() => void)[]} */
    this.undo = [];
  }

  open() {
    this.connection.open();
    this.undo.push(this.guests.open(), this.moderation.open());
    this.undo.push(this.connection.on('media:lost', ({ sessions }) => (this.broadcast.lost(sessions), this.guests.player?.lost(sessions))));
    this.undo.push(this.connection.on('stage:layers', (wanted) => this.broadcast.sendLayers(wanted)));
    let wasSending = false;
    this.undo.push(effect(() => {
      const isSending = this.broadcast.link.value === 'connected';
      const isMarked = this.broadcast.isMicOn.peek() === this.state.muted.peek().audio || this.broadcast.isCameraOn.peek() === this.state.muted.peek().video;
      if (isSending && !wasSending && isMarked) this.tellMuted();
      wasSending = isSending;
    }));
    this.undo.push(effect(() => this.notePeak(this.audience.value)));
    // whoever ends it, on whatever device, the camera goes off here too
    this.undo.push(effect(() => void (this.state.room.value?.state === 'ended' && this.broadcast.finish())));
    const leave = () => (this.broadcast.publisher?.stop(), this.broadcast.screenPublisher?.stop()); // so that the stage is free when the page comes back
    const comeBack = (/** @type {PageTransitionEvent} */ event) => event.persisted && window.location.reload();
    window.addEventListener('pagehide', leave);
    window.addEventListener('pageshow', comeBack);
    this.undo.push(() => window.removeEventListener('pagehide', leave), () => window.removeEventListener('pageshow', comeBack));
    serverConfig().then((config) => (this.hasCaptions.value = config.captions), (error) => console.warn('livehub: what the server offers is not known', error));
    this.loadOffers().catch((error) => console.warn('livehub: offers come with the snapshot', error));
    this.loadOrders().catch((error) => console.warn('livehub: orders are loaded later', error));
    return this;
  }

  close() {
    for (const stop of this.undo) stop();
    this.connection.close();
    this.broadcast.close();
  }

  /** May put anything of what the room says into other languages: what one may say oneself. */
  get mayWord() {
    return ['room.edit', 'poll.run', 'draw.run', 'question.manage', 'chat.announce', 'chat.pin'].some((action) => this.state.room.value?.can.includes(action));
  }

  /** This tab sent the picture before it was reloaded. */
  get wantsBackOnAir() {
    return wasOnAir(this.id) && this.state.room.value?.state === 'live';
  }

  /** @param {number} count */
  notePeak(count) {
    if (count <= this.peakViewers.peek()) return;
    this.peakViewers.value = count;
    localStorage.setItem(`livehub.peak.${this.id}`, String(count));
  }

  async loadOffers() {
    /** @type {Offer[]} */
    const offers = await listAll(`/rooms/${this.id}/offers`);
    offers.forEach((offer) => this.state.putOffer(offer));
    this.state.arrange(offers.map(({ id }) => id));
    const pinned = offers.filter((offer) => offer.pinned);
    this.state.pin(pinned.sort((a, b) => (b.pinned_at ?? '').localeCompare(a.pinned_at ?? '')));
  }

  async loadOrders() {
    const room = this.state.room.value;
    if (!room?.store || !room.can.includes('orders.see')) return;
    /** @type {Order[]} */
    const orders = await listAll(`/stores/${room.store.id}/orders?room=${this.id}`, 2000);
    // what an event told while the list was under way is newer
    this.state.orders.value = new Map([...orders.map((order) => /** @type {[string, Order]} */ ([order.id, order])), ...this.newer(orders)]);
  }

  /** @param {Order[]} orders */
  newer(orders) {
    const listed = new Map(orders.map((order) => [order.id, order]));
    return [...this.state.orders.value].filter(([id, order]) => order.history.length > (listed.get(id)?.history.length ?? 0));
  }

  async goLive() {
    const room = this.state.room.value;
    if (room?.state !== 'live') this.state.room.value = await api.post(`/rooms/${this.id}/start`);
    if (this.broadcast.stream.value) await this.broadcast.publish();
  }

  /** Mine, or the program's that has a token from the studio (docs/protocol.md, join tokens). @param {string} publisher */
  isMine(publisher) {
    const identity = this.state.me.value?.identity ?? '';
    return publisher === identity || publisher === `mem_${identity.slice(identity.indexOf('_') + 1)}_encoder`;
  }

  /** Viewers see by a mark that the microphone is closed; told again when sending begins. */
  tellMuted() {
    const identity = this.state.me.value?.identity;
    if (!identity || this.broadcast.link.value === 'idle') return;
    this.connection
      .call('stage:mute', { identity, audio: !this.broadcast.isMicOn.value, video: !this.broadcast.isCameraOn.value })
      .catch((error) => console.warn('livehub: the mark for a closed microphone was not told', error));
  }

  async end() {
    this.state.room.value = await api.post(`/rooms/${this.id}/end`);
  }

  /** @param {Offer} offer @param {boolean} [isBeside] what is pinned already stays */
  async togglePin(offer, isBeside = false) {
    const others = this.state.pinned.value.filter(({ id }) => id !== offer.id);
    const path = `/offers/${offer.id}/pin`;
    if (this.state.pinnedIds.value.includes(offer.id)) {
      await api.delete(path);
      this.state.pin(others);
    } else this.state.pin([await api.put(isBeside ? `${path}?beside=true` : path), ...(isBeside ? others : [])]);
  }

  /** The offer after the pinned one that still has something to sell. @returns {Offer | null} */
  nextOffer() {
    const sheet = this.runSheet.value;
    const at = sheet.findIndex((offer) => offer.id === this.state.pinnedIds.value[0]);
    return [...sheet.slice(at + 1), ...sheet.slice(0, Math.max(0, at))].find((offer) => offer.available > 0 && !this.state.pinnedIds.value.includes(offer.id)) ?? null;
  }

  /** @param {string} id @param {number} step -1 up, 1 down */
  async move(id, step) {
    const ids = this.runSheet.value.map((offer) => offer.id);
    const at = ids.indexOf(id);
    const to = at + step;
    if (at < 0 || to < 0 || to >= ids.length) return;
    [ids[at], ids[to]] = [ids[to], ids[at]];
    this.state.arrange(ids);
    return api.put(`/rooms/${this.id}/offers/order`, { offers: ids });
  }
}

/**
 * What was really sold: paid orders, refunded ones taken out.
 *
 * @param {Order[]} orders
 * @returns {{ orders: number, units: number, money: import('../../lib/types.js').Money | null, waiting: number }}
 */
export function salesOf(orders) {
  const sold = orders.filter((order) => order.status === 'paid' || order.status === 'fulfilled');
  const currency = orders[0]?.total.currency;
  return {
    orders: sold.length,
    units: sold.reduce((sum, order) => sum + order.lines.reduce((units, line) => units + line.quantity, 0), 0),
    money: currency ? { amount_minor: sold.reduce((sum, order) => sum + order.total.amount_minor, 0), currency } : null,
    waiting: orders.filter((order) => order.status === 'pending_payment').length,
  };
}
