/** Everybody's claims in the room, as those who run it see them. */

import { computed, signal } from '@preact/signals';
import { api, listAll } from '../../lib/api.js';
import { isLive, withClaims } from '../../lib/claims.js';

/** @typedef {import('../../lib/types.js').Claim} Claim */

/** Held ones first, in the order in which they came. @type {Record<string, number>} */
const RANK = { held: 0, open: 0, waiting: 1 };

export class StudioClaims {
  /** @param {string} room @param {import('../../lib/protocol.js').RoomConnection} connection @param {() => boolean} mayEdit */
  constructor(room, connection, mayEdit) {
    this.room = room;
    this.mayEdit = mayEdit;
    this.byId = signal(/** @type {Map<string, Claim>} */ (new Map()));
    this.live = computed(() => [...this.byId.value.values()].filter(isLive).sort((a, b) => RANK[a.state] - RANK[b.state] || a.claimed_at.localeCompare(b.claimed_at)));
    connection.on('claim:changed', ({ claim }) => this.put(claim));
    connection.on('snapshot', () => void this.load().catch((error) => console.warn('livehub: claims are not known', error)));
  }

  async load() {
    if (!this.mayEdit()) return;
    /** @type {Claim[]} */
    const claims = await listAll(`/rooms/${this.room}/claims?all=true`, 1000);
    this.byId.value = withClaims(new Map(), claims);
  }

  /** @param {Claim} claim */
  put(claim) {
    const hasLeft = this.byId.value.get(claim.id)?.state === 'waiting' && claim.state !== 'waiting';
    const isBehind = (/** @type {Claim} */ other) => hasLeft && other.offer === claim.offer && Boolean(other.ahead) && other.claimed_at >= claim.claimed_at;
    const moved = [...this.byId.value.values()].map((other) => (isBehind(other) ? { ...other, ahead: (other.ahead ?? 1) - 1 } : other));
    this.byId.value = withClaims(new Map(moved.map((one) => /** @type {[string, Claim]} */ ([one.id, one]))), [claim]);
  }

  /** @param {string} id */
  async release(id) {
    this.put(await api.delete(`/claims/${id}`));
  }
}
