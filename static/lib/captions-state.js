/**
 * What is said, written: lines as they come, in my language where there is a translation. Knows no DOM but the local
 * storage that keeps what a reader has chosen.
 */

import { computed, effect, signal } from '@preact/signals';

/** @typedef {{ state: 'off'|'on'|'failed', locale: string|null, engine: string|null, remote: boolean, since: string|null }} Captions */
/** @typedef {{ id: string, start_ms: number, end_ms: number, locale: string, text: string, final: boolean, source_locale?: string }} CaptionLine */
/** @typedef {{ id: string, text: string, locale: string, final: boolean, atMs: number }} ShownLine */
/** @typedef {{ isOn: boolean, size: 's'|'m'|'l' }} CaptionChoice */

/** @type {Captions} */
export const NO_CAPTIONS = { state: 'off', locale: null, engine: null, remote: false, since: null };
/** A line that nobody has gone on with is taken away after so long. */
const STAYS_MS = 7_000;
/** How long a reader of another language waits for the translation before the original is shown. */
const TRANSLATION_MS = 1_500;
const KEPT = 30;
const SHOWN = 2;
const KEY = 'livehub.captions';

/** @returns {CaptionChoice} */
function chosen() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return { isOn: kept.isOn !== false, size: ['s', 'm', 'l'].includes(kept.size) ? kept.size : 'm' };
  } catch {
    return { isOn: true, size: 'm' };
  }
}

/** For all rooms and the replay: whether captions are shown, and how large. */
export const captionChoice = signal(chosen());
effect(() => {
  const choice = captionChoice.value;
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // a browser without storage forgets it with the page
  }
});

export class CaptionsState {
  /**
   * @param {import('./protocol.js').RoomConnection} connection
   * @param {() => number} [now] ms
   */
  constructor(connection, now = Date.now) {
    this.connection = connection;
    this.now = now;
    this.captions = signal(NO_CAPTIONS);
    /** By id, in the order of their coming. */
    this.lines = signal(/** @type {Map<string, ShownLine>} */ (new Map()));
    /** The last lines, the newest at the end. */
    this.shown = computed(() => [...this.lines.value.values()].slice(-SHOWN));
    /** Called with each line that is whole and in my language, for reading aloud. @type {Set<(line: ShownLine) => void>} */
    this.listeners = new Set();
    /** @type {Map<string, ReturnType<typeof setTimeout>>} originals that wait for their translation */
    this.waiting = new Map();
    this.timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
    connection.on('captions:state', ({ captions }) => this.become(captions));
    connection.on('caption:lines', ({ items }) => items.forEach((/** @type {CaptionLine} */ line) => this.take(line)));
    connection.on('snapshot', ({ state }) => this.become(state.captions ?? NO_CAPTIONS));
  }

  /** @param {Captions} captions */
  become(captions) {
    this.captions.value = captions;
    if (captions.state === 'off') this.clear();
  }

  /** @param {CaptionLine} line */
  take(line) {
    const mine = this.connection.locale;
    const known = this.lines.value.get(line.id);
    if (line.locale !== mine) {
      if (line.source_locale || known) return; // of another reader, or the original of what is translated already
      if (!line.final) return; // what will be replaced within a second is not worth reading in a foreign language
      if (line.text) this.waiting.set(line.id, setTimeout(() => (this.waiting.delete(line.id), this.put(line)), TRANSLATION_MS));
      return;
    }
    if (known?.final && !line.final) return; // an early guess that came late
    const timer = this.waiting.get(line.id);
    if (timer) clearTimeout(timer);
    this.waiting.delete(line.id);
    this.put(line);
  }

  /** @param {CaptionLine} line */
  put({ id, text, locale, final }) {
    const lines = new Map(this.lines.value);
    if (text) lines.set(id, { id, text, locale, final, atMs: this.now() });
    else lines.delete(id);
    while (lines.size > KEPT) lines.delete(/** @type {string} */ (lines.keys().next().value));
    this.lines.value = lines;
    if (text && final && locale === this.connection.locale) for (const listener of this.listeners) listener(/** @type {ShownLine} */ (lines.get(id)));
    this.expire();
  }

  /** Take away what has stood long enough, and come back when the next is due. */
  expire() {
    clearTimeout(this.timer);
    const before = this.now() - STAYS_MS;
    const kept = [...this.lines.value].filter(([, line]) => line.atMs > before);
    if (kept.length !== this.lines.value.size) this.lines.value = new Map(kept);
    const oldest = kept[0]?.[1].atMs;
    if (oldest !== undefined) this.timer = setTimeout(() => this.expire(), Math.max(50, oldest - before + 20));
  }

  clear() {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    clearTimeout(this.timer);
    this.lines.value = new Map();
  }
}
