/** What a viewing session receives, sorted for those who draw it: one main picture with its sound, further pictures, further voices. */

import { batch, signal } from '@preact/signals';

export class Received {
  constructor() {
    /** Picture and voice of the first slots, in step. */
    this.stream = signal(/** @type {MediaStream | null} */ (null));
    /** Pictures by video slot; the first is in `stream`. */
    this.pictures = signal(/** @type {(MediaStream | null)[]} */ ([]));
    this.voices = signal(/** @type {MediaStream[]} */ ([]));
    /** @type {MediaStreamTrack[]} */
    this.main = [];
  }

  /** A new connection: what comes replaces what was, picture by picture. */
  begin() {
    this.main = [];
  }

  /** @param {MediaStreamTrack} track @param {number} slot counts per kind, from 0 */
  take(track, slot) {
    if (slot === 0) {
      this.main = [...this.main.filter((other) => other.kind !== track.kind), track];
      this.stream.value = new MediaStream(this.main);
    } else if (track.kind === 'video') this.pictures.value = placed(this.pictures.value, slot, new MediaStream([track]));
    else this.voices.value = placed(this.voices.value, slot - 1, new MediaStream([track]));
  }

  clear() {
    this.main = [];
    batch(() => {
      this.stream.value = null;
      this.pictures.value = [];
      this.voices.value = [];
    });
  }
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} index
 * @param {T} item
 */
function placed(list, index, item) {
  const copy = [...list];
  copy[index] = item;
  return copy;
}
