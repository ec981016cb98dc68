/** Coupons: what can be claimed in a room, and what they take off. */

import { signal } from '@preact/signals';
import { api } from './api.js';

/** @typedef {import('./types.js').Coupon} Coupon */
/** @typedef {import('./types.js').Money} Money */

/**
 * The same sum as the server's: a percent is rounded down to the minor unit.
 *
 * @param {Coupon | null} coupon
 * @param {Money} subtotal
 * @returns {Money}
 */
export function discountOf(coupon, subtotal) {
  const { amount_minor, currency } = subtotal;
  if (!coupon || amount_minor < coupon.minimum.amount_minor) return { amount_minor: 0, currency };
  const off = coupon.percent ? Math.floor((amount_minor * coupon.percent) / 100) : (coupon.amount?.amount_minor ?? 0);
  return { amount_minor: Math.min(off, amount_minor - 1), currency };
}

export class RoomCoupons {
  /** @param {string} room @param {import('./protocol.js').RoomConnection} connection */
  constructor(room, connection) {
    this.room = room;
    /** To be claimed here, and mine. */
    this.all = signal(/** @type {Coupon[]} */ ([]));
    connection.on('coupon:changed', ({ coupon }) => this.put(coupon));
    connection.on('snapshot', () => void this.load().catch((error) => console.warn('livehub: coupons are not known', error)));
  }

  async load() {
    this.all.value = (await api.get(`/rooms/${this.room}/coupons`)).items;
  }

  /** @param {Coupon} coupon */
  put(coupon) {
    const known = this.all.value.find(({ code }) => code === coupon.code);
    const others = this.all.value.filter(({ code }) => code !== coupon.code);
    this.all.value = coupon.open ? [{ ...coupon, claimed: coupon.claimed || Boolean(known?.claimed) }, ...others] : others;
  }

  /** @param {string} code */
  async claim(code) {
    this.put(await api.post(`/rooms/${this.room}/coupons/${encodeURIComponent(code)}/claim`));
  }

  /** What a code is worth here. @param {string} code @returns {Promise<Coupon>} */
  look(code) {
    return api.get(`/rooms/${this.room}/coupons/${encodeURIComponent(code.trim())}`);
  }

  /** The one of mine that takes the most off. @param {Money} subtotal */
  best(subtotal) {
    const mine = this.all.value.filter((coupon) => coupon.claimed && coupon.open);
    return mine.reduce((best, coupon) => (discountOf(coupon, subtotal).amount_minor > discountOf(best, subtotal).amount_minor ? coupon : best), /** @type {Coupon | null} */ (null));
  }
}
