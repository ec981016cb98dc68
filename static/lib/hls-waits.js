/**
 * What of a request's time was waiting for a part to be made. Pure.
 *
 * A player that is close to life asks for parts before they are there, and the server holds the request. Counted as the network's
 * time, that makes any network look as slow as the stream is, and a player that has gone down once would never go up again.
 */

const REMEMBERED = 20;
/** As long as so many parts take to be made: where they come slower, what was quick before must not count for longer. */
const REMEMBERED_MS = 7_000;

export class Waits {
  constructor() {
    /** @type {{ first: number, took: number }[]} of late: when the first byte came, and how long that took, in ms */
    this.late = [];
  }

  /**
   * When the request would have begun, had what it asks for been there: the quickest answer of late is the network's own.
   *
   * @param {{ start: number, first: number }} loading moments in ms @returns {number}
   */
  begun({ start, first }) {
    const recent = this.late.slice(1 - REMEMBERED).filter((each) => each.first > first - REMEMBERED_MS);
    this.late = [...recent, { first, took: Math.max(0, first - start) }];
    return Math.max(start, first - Math.min(...this.late.map((each) => each.took)));
  }
}
