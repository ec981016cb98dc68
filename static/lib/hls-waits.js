/**
 * What of a request's time was waiting for a part to be made. Pure.
 *
 * A player that is close to life asks for parts before they are there, and the server holds the request. Counted as the network's
 * time, that makes any network look as slow as the stream is, and a player that has gone down once would never go up again.
 */

const REMEMBERED = 20;

export class Waits {
  constructor() {
    /** @type {number[]} times to the first byte of late, in ms */
    this.late = [];
  }

  /**
   * When the request would have begun, had what it asks for been there: the quickest answer of late is the network's own.
   *
   * @param {{ start: number, first: number }} loading moments in ms @returns {number}
   */
  begun({ start, first }) {
    this.late = [...this.late.slice(1 - REMEMBERED), Math.max(0, first - start)];
    return Math.max(start, first - Math.min(...this.late));
  }
}
