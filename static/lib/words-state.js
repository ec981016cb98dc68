/** Texts of a room in my language (titles, polls, questions), and whether there is any translation left today. No DOM. */

import { signal } from '@preact/signals';

/** @typedef {{ source: string, text: string, engine: string, edited: boolean }} Translated */

const KEPT = 2000;

/** Translations by what they are of: enough to show a text in my language. */
export class Words {
  /** @param {Iterable<Translated>} items */
  constructor(items) {
    this.found = new Map([...items].map((item) => [item.source, item]));
  }

  /** @param {string} source @returns {Translated | undefined} */
  of(source) {
    const found = this.found.get(source);
    return found && found.text !== source ? found : undefined;
  }

  /** The text in my language, else as it is. @param {string} source */
  plain(source) {
    return this.of(source)?.text ?? source;
  }
}

export class WordsState {
  /** @param {import('./protocol.js').RoomConnection} connection */
  constructor(connection) {
    this.texts = signal(/** @type {Map<string, Translated>} */ (new Map()));
    /** Until when new lines stay as they are written (RFC 3339), or null. */
    this.spentUntil = signal(/** @type {string | null} */ (null));
    connection.on('text:translations', ({ items }) => this.put(items));
    connection.on('translation:state', (state) => this.spend(state));
  }

  /** @param {any} state of room:join */
  install(state) {
    this.texts.value = new Map();
    this.put(state.texts ?? []);
    this.spend(state.translation ?? {});
  }

  /** @param {Translated[]} items */
  put(items) {
    const next = new Map(this.texts.value);
    for (const item of items) next.set(item.source, item);
    this.texts.value = new Map([...next].slice(-KEPT));
  }

  /** @param {{ spent?: boolean, resets_at?: string | null }} state */
  spend({ spent, resets_at }) {
    this.spentUntil.value = spent ? (resets_at ?? null) : null;
  }

  /** What stands for a text; undefined where it is in my language or nobody has a translation. @param {string} source @returns {Translated | undefined} */
  of(source) {
    const found = this.texts.value.get(source);
    return found && found.text !== source ? found : undefined;
  }

  /** The text in my language, else as it is. @param {string} source */
  plain(source) {
    return this.of(source)?.text ?? source;
  }
}
