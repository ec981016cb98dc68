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

/** About three seconds of parts, of which one may have been unlucky. */
const WATCHED = 8;
/** Of the time that a part plays: on so good a network the next larger layer, three or four times as much, loads in time. */
const EASY = 0.15;

/**
 * Whether what is loaded has been far less than the network carries, for a while.
 *
 * hls.js weighs what it measures by seconds of loading, with a half-life of nine. Of parts a good network needs a hundredth of each
 * second: a player that had gone down in a bad moment would believe in it for a minute and more.
 */
export class Ease {
  constructor() {
    /** @type {number[]} of late: how long a part loaded, to how long it plays */
    this.shares = [];
  }

  /** @param {number} loadedMs @param {number} playsS @returns {boolean} true once, then anew after as many parts */
  loaded(loadedMs, playsS) {
    this.shares = [...this.shares.slice(1 - WATCHED), loadedMs / (1000 * playsS)];
    const isEasy = this.shares.length === WATCHED && this.shares.filter((share) => share > EASY).length <= 1;
    if (isEasy) this.shares = [];
    return isEasy;
  }
}
