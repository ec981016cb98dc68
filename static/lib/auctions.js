/** Auctions of a room: how each stands, what I have in it, and when it ends by this device's clock. */

import { computed, signal } from '@preact/signals';
import { api } from './api.js';

/** @typedef {import('./types.js').Auction} Auction */
/** @typedef {import('./types.js').Money} Money */

const NOTHING = { max: null, leads: false, order: null };

/**
 * The server's times as this device's clock has them: a phone that is minutes off counts down all the same.
 *
 * @param {Auction} auction as it came
 * @param {number} [nowMs] this device's clock when it came
 * @returns {Auction}
 */
export function byOwnClock(auction, nowMs = Date.now()) {
  const ahead = nowMs - Date.parse(auction.now);
  const own = (/** @type {string} */ at) => new Date(Date.parse(at) + ahead).toISOString();
  return { ...auction, ends_at: own(auction.ends_at), closed_at: auction.closed_at && own(auction.closed_at), winner: auction.winner && { ...auction.winner, until: own(auction.winner.until) } };
}

/**
 * What I have in an auction after more of it has come: events are for everybody and do not say, and an answer that was
 * asked for before my bid may come after it. A maximum cannot be taken back, so the higher one is mine.
 *
 * @param {Auction} auction as it stands
 * @param {Auction | undefined} other what else is known of it
 * @param {string} me my identity
 */
export function withMine(auction, other, me) {
  const known = other?.mine && (other.mine.of ?? me) === me ? other.mine : NOTHING;
  const said = auction.mine ?? known;
  const max = (known.max?.amount_minor ?? 0) > (said.max?.amount_minor ?? 0) ? known.max : said.max;
  return { ...auction, mine: { ...said, max, leads: auction.leader?.identity === me, of: me } };
}

/**
 * What an auction is to me: `leading`, `outbid` and `watching` while it runs, then `won`, `ordered`, `lost` or `over`.
 *
 * @param {Auction} auction
 * @param {string} me
 * @returns {'leading'|'outbid'|'watching'|'won'|'ordered'|'lost'|'over'}
 */
export function standingOf(auction, me) {
  if (auction.state === 'open') return auction.leader?.identity === me ? 'leading' : auction.mine?.max ? 'outbid' : 'watching';
  if (auction.state === 'cancelled' || auction.state === 'unsold') return 'over';
  if (auction.winner?.identity !== me) return 'lost';
  return auction.state === 'awarded' ? 'won' : 'ordered';
}

/** Whether nobody can bid more: listed goods cost no more than their ceiling. @param {Auction} auction */
export function isAtCeiling(auction) {
  return Boolean(auction.ceiling && auction.price && auction.price.amount_minor >= auction.ceiling.amount_minor);
}

export class RoomAuctions {
  /**
   * @param {string} room
   * @param {import('./protocol.js').RoomConnection} connection
   * @param {() => string} me my identity
   */
  constructor(room, connection, me) {
    this.room = room;
    this.me = me;
    /** Newest first. */
    this.all = signal(/** @type {Auction[]} */ ([]));
    /** The one that runs, or else the last. */
    this.latest = computed(() => this.all.value[0] ?? null);
    /** What I won and have not ordered. */
    this.won = computed(() => this.all.value.filter((auction) => standingOf(auction, this.me()) === 'won'));
    connection.on('auction:changed', ({ auction }) => this.put(auction));
    connection.on('snapshot', () => void this.load().catch((error) => console.warn('livehub: auctions are not known', error)));
  }

  async load() {
    const { items } = await api.get(`/rooms/${this.room}/auctions`);
    for (const auction of items) this.put(auction);
  }

  /** @param {Auction} auction */
  put(auction) {
    const known = this.all.value.find(({ id }) => id === auction.id);
    // two answers may cross: what was said later by the server's clock counts, and what is mine is never lost
    const isOld = known && Date.parse(auction.now) < Date.parse(known.now);
    const fresh = isOld ? withMine(known, auction, this.me()) : withMine(byOwnClock(auction), known, this.me());
    const others = this.all.value.filter(({ id }) => id !== auction.id);
    this.all.value = [fresh, ...others].sort((a, b) => b.started_at.localeCompare(a.started_at));
  }

  /** @param {string} id @param {Money} max @param {string} key the same for the same bid */
  async bid(id, max, key) {
    this.put(await api.post(`/rooms/${this.room}/auctions/${id}/bids`, { max }, { headers: { 'Idempotency-Key': key } }));
  }

  /** What I won goes to whoever bid next. @param {string} id */
  async decline(id) {
    this.put(await api.post(`/rooms/${this.room}/auctions/${id}/decline`));
  }

  /** @param {Record<string, unknown>} auction the body of POST …/auctions */
  async start(auction) {
    this.put(await api.post(`/rooms/${this.room}/auctions`, auction));
  }

  /** @param {string} id @param {'end'|'cancel'} how */
  async stop(id, how) {
    this.put(await api.post(`/rooms/${this.room}/auctions/${id}/${how}`));
  }
}
