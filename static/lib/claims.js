/** Claims: units that are kept for me, and my place where others come first. */

import { computed, signal } from '@preact/signals';
import { api } from './api.js';

/** @typedef {import('./types.js').Claim} Claim */
/** @typedef {import('./types.js').Offer} Offer */

const LIVE = new Set(['held', 'open', 'waiting']);

/** @param {Claim} claim */
export const isLive = (claim) => LIVE.has(claim.state);

/** The offer as I can buy it: what is kept for me is there. @param {Offer} offer @param {Claim | undefined} claim */
export const seenWith = (offer, claim) => (claim?.state === 'held' ? { ...offer, available: offer.available + claim.quantity } : offer);

/**
 * Claims by id, with one more; what is older than what is known says nothing.
 *
 * @param {Map<string, Claim>} known
 * @param {Claim[]} told
 */
export function withClaims(known, told) {
  const next = new Map(known);
  for (const claim of told) if (isLive(next.get(claim.id) ?? claim)) next.set(claim.id, claim);
  return next;
}

export class RoomClaims {
  /**
   * @param {string} room
   * @param {import('./protocol.js').RoomConnection} connection
   * @param {() => string} me my identity
   */
  constructor(room, connection, me) {
    this.room = room;
    this.byId = signal(/** @type {Map<string, Claim>} */ (new Map()));
    /** Mine that are not over, the newest first. */
    this.mine = computed(() => [...this.byId.value.values()].filter(isLive).sort((a, b) => b.claimed_at.localeCompare(a.claimed_at)));
    connection.on('claim:changed', ({ claim }) => claim.buyer.id === me() && this.put(claim));
    connection.on('snapshot', () => this.ask());
    connection.on('offer:changed', ({ offer }) => this.of(offer.id)?.state === 'waiting' && this.askSoon());
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  ask() {
    this.load().catch((error) => console.warn('livehub: claims are not known', error));
  }

  /** Others in line may have left; those who wait do not all ask at once. */
  askSoon() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.ask();
    }, 1_000 + Math.random() * 4_000);
  }

  async load() {
    const { items } = await api.get(`/rooms/${encodeURIComponent(this.room)}/claims?limit=50`);
    this.byId.value = withClaims(new Map(), items);
  }

  /** @param {Claim} claim */
  put(claim) {
    this.byId.value = withClaims(this.byId.value, [claim]);
  }

  /** @param {string} offer its id */
  of(offer) {
    return this.mine.value.find((claim) => claim.offer === offer);
  }

  /** @param {string} offer its id @param {number} quantity */
  async claim(offer, quantity = 1) {
    this.put(await api.post(`/offers/${offer}/claims`, { quantity }));
  }

  /** @param {string} id */
  async release(id) {
    this.put(await api.delete(`/claims/${id}`));
  }
}
