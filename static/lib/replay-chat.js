/** The chat beside a recording: what had been said by the moment that is shown, following wherever one seeks. Knows no DOM. */

import { signal } from '@preact/signals';
import { api } from './api.js';
import { locale } from './i18n.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {{ at_s: number, message: Message }} Said */

/** So much of what had been said is shown after a jump. */
const BEFORE_S = 120;
/** More is fetched when less than this is at hand. */
const AHEAD_S = 20;
const SHOWN = 100;

export class ReplayChat {
  /** @param {string} room @param {(path: string) => Promise<{ items: Said[], next: string | null }>} [get] */
  constructor(room, get = (path) => api.get(path)) {
    this.room = room;
    this.get = get;
    /** What had been said by now, the latest last. */
    this.shown = signal(/** @type {Message[]} */ ([]));
    /** @type {Said[]} */
    this.lines = [];
    /** What is at hand reaches from `from` to `until`, seconds of the replay. */
    this.from = 0;
    this.until = -1;
    /** @type {string | null} */
    this.next = null;
    this.timeS = 0;
    this.load = 0;
    /** @type {Promise<void> | null} */
    this.loading = null;
  }

  /** The picture is at this moment. @param {number} timeS @returns {Promise<void>} when what belongs to it is shown */
  async follow(timeS) {
    this.timeS = timeS;
    this.show();
    if (this.until >= 0 && timeS >= this.from && timeS <= this.until) {
      if (this.next !== null && timeS > this.until - AHEAD_S) await this.fetch(false);
      return;
    }
    await this.fetch(true);
  }

  /** @param {boolean} isJump to another place; else what comes next */
  async fetch(isJump) {
    if (this.loading && !isJump) return this.loading;
    const load = ++this.load;
    const from = isJump ? Math.max(0, this.timeS - BEFORE_S) : this.from;
    if (isJump) Object.assign(this, { from, until: Infinity, next: null });
    const after = isJump ? '' : `&after=${this.next}`;
    this.loading = this.get(`/rooms/${encodeURIComponent(this.room)}/replay/messages?from_s=${from}&locale=${locale()}${after}`)
      .then(({ items, next }) => {
        if (load !== this.load) return;
        this.lines = isJump ? items : [...this.lines, ...items];
        this.next = next;
        this.until = next === null ? Infinity : (this.lines.at(-1)?.at_s ?? from);
        this.show();
      })
      .catch((error) => {
        if (load !== this.load) return;
        if (isJump) this.until = -1; // tried again with the picture's next step
        console.warn('livehub: the chat of this moment is missing', error);
      })
      .finally(() => load === this.load && (this.loading = null));
    await this.loading;
    // A page may end before the moment that is shown: a fast chat, or a long stretch after a jump.
    if (load === this.load && this.next !== null && this.timeS > this.until) await this.fetch(false);
  }

  show() {
    const said = this.lines.filter(({ at_s }) => at_s <= this.timeS + 0.25).slice(-SHOWN).map(({ message }) => message);
    const known = this.shown.value;
    if (said.length !== known.length || said.some((message, index) => message.id !== known[index].id)) this.shown.value = said;
  }
}
