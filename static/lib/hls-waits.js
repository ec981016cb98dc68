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

/** Of loading what comes too slowly, before it counts: about two parts. */
const STRAINED_MS = 1_500;

/**
 * Whether parts come more slowly than they play, and at what rate then.
 *
 * Of parts that it loads in a row, hls.js measures the last alone. That one may be a twentieth of a segment, and weighs by the time that
 * it took: a player on a network that has become slow would believe in the quick one of before for half a minute, and stop for each part.
 */
export class Strain {
  constructor() {
    this.bits = 0;
    this.ms = 0;
  }

  /**
   * @param {number} bytes @param {number} ms from the first byte to the last @param {number} playsS
   * @returns {number} bits a second; 0 while there is no strain
   */
  loaded(bytes, ms, playsS) {
    const isSlow = ms > 1000 * playsS;
    this.bits = isSlow ? this.bits + 8 * bytes : 0;
    this.ms = isSlow ? this.ms + ms : 0;
    if (this.ms < STRAINED_MS) return 0;
    const rate = (1000 * this.bits) / this.ms;
    this.bits = this.ms = 0;
    return rate;
  }
}
