/** What a viewer has put into the bag of a room, kept in this tab until it is ordered. */

import { signal } from '@preact/signals';

/** @typedef {{ offer: string, quantity: number }} CartLine */

/** As many lines as an order may have. */
export const MAX_LINES = 20;

export class Cart {
  /** @param {string} room @param {Storage} [storage] */
  constructor(room, storage = sessionStorage) {
    this.storage = storage;
    this.keptAs = `livehub.bag.${room}`;
    this.lines = signal(/** @type {CartLine[]} */ (this.read()));
  }

  /** One more of an offer; false when the bag is full. @param {string} offer @param {number} [quantity] */
  add(offer, quantity = 1) {
    const known = this.lines.value.find((line) => line.offer === offer);
    if (!known && this.lines.value.length >= MAX_LINES) return false;
    this.set(offer, (known?.quantity ?? 0) + quantity);
    return true;
  }

  /** @param {string} offer @param {number} quantity none takes it out */
  set(offer, quantity) {
    const lines = this.lines.value;
    const known = lines.some((line) => line.offer === offer);
    const next = known ? lines.map((line) => (line.offer === offer ? { offer, quantity } : line)) : [...lines, { offer, quantity }];
    this.keep(next.filter((line) => line.quantity > 0));
  }

  /** What was ordered is not in the bag any more. @param {string[]} offers */
  take(offers) {
    this.keep(this.lines.value.filter((line) => !offers.includes(line.offer)));
  }

  /** @param {CartLine[]} lines */
  keep(lines) {
    this.lines.value = lines;
    this.storage.setItem(this.keptAs, JSON.stringify(lines));
  }

  /** @returns {CartLine[]} */
  read() {
    try {
      const kept = JSON.parse(this.storage.getItem(this.keptAs) ?? '[]');
      return kept.filter((/** @type {any} */ line) => typeof line?.offer === 'string' && Number.isInteger(line?.quantity) && line.quantity > 0).slice(0, MAX_LINES);
    } catch {
      return []; // not ours, or cut short
    }
  }
}
