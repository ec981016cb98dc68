/** What people do with each other's lines, as signals: the pinned one, the one I answer, announcements, who is typing. Knows no DOM. */

import { signal } from '@preact/signals';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {{ identity: string, display_name: string }} Person */
/** @typedef {{ reply_to?: import('./types.js').QuotedLine, mentions?: Person[], announcement?: boolean }} About */

/** One is typing until it is said that one is not, or for so long. */
const TYPING_MS = 6_000;
/** While one types it is said again after so long. */
const AGAIN_MS = 4_000;
/** A room that was too large for it is asked again after so long. */
const TOO_LARGE_MS = 60_000;
const QUOTE_CHARS = 140;

export class TalkState {
  /** @param {import('./protocol.js').RoomConnection} connection @param {{ now?: () => number, later?: (act: () => void, ms: number) => void }} [time] */
  constructor(connection, { now = () => Date.now(), later = (act, ms) => void setTimeout(act, ms) } = {}) {
    this.connection = connection;
    this.now = now;
    this.later = later;
    this.pinned = signal(/** @type {Message | null} */ (null));
    /** The line that my next one answers. */
    this.replyTo = signal(/** @type {Message | null} */ (null));
    /** The announcement that came last while I was here, or that was still running when I came. */
    this.announcement = signal(/** @type {Message | null} */ (null));
    /** Others who are typing, in order of beginning. */
    this.typing = signal(/** @type {Person[]} */ ([]));
    /** @type {Map<string, number>} until when each is typing */
    this.until = new Map();
    this.mayTellFrom = 0;
    this.isTyping = false;
    const on = connection.on.bind(connection);
    on('chat:pinned', ({ message }) => (this.pinned.value = message));
    on('chat:deleted', ({ id }) => this.forget(id));
    on('chat:translations', ({ locale, items }) => this.translate(locale, items));
    on('chat:messages', ({ items }) => this.hear(items));
    on('chat:typing', (told) => this.tell(told));
  }

  /** @param {any} state the snapshot */
  install(state) {
    this.pinned.value = state.pinned_message ?? null;
    const announced = state.announcement;
    if (announced) this.announcement.value = { ...announced.message, left_ms: announced.left_ms };
  }

  /** @param {string} id of a line that was taken back */
  forget(id) {
    for (const shown of [this.pinned, this.replyTo, this.announcement]) if (shown.value?.id === id) shown.value = null;
  }

  /** @param {string} locale @param {{ id: string, text: string, engine: string }[]} items */
  translate(locale, items) {
    for (const shown of [this.pinned, this.announcement]) {
      const item = items.find(({ id }) => id === shown.value?.id);
      if (item && shown.value) shown.value = translated(shown.value, locale, item);
    }
  }

  /** @param {Message[]} lines */
  hear(lines) {
    for (const line of lines) {
      if (line.announcement) this.announcement.value = line;
      if (this.until.delete(line.author.identity)) this.sweep();
    }
  }

  /** @param {Person & { typing: boolean }} told */
  tell({ identity, display_name, typing }) {
    if (typing) {
      this.until.set(identity, this.now() + TYPING_MS);
      if (!this.typing.value.some((other) => other.identity === identity)) this.typing.value = [...this.typing.value, { identity, display_name }];
      this.later(() => this.sweep(), TYPING_MS + 50);
    } else {
      this.until.delete(identity);
      this.sweep();
    }
  }

  sweep() {
    const now = this.now();
    for (const [identity, until] of this.until) if (until <= now) this.until.delete(identity);
    if (this.typing.value.some(({ identity }) => !this.until.has(identity))) this.typing.value = this.typing.value.filter(({ identity }) => this.until.has(identity));
  }

  /** I write, or have stopped: told now and then. @param {boolean} isTyping */
  async type(isTyping) {
    const now = this.now();
    if (isTyping ? now < this.mayTellFrom : !this.isTyping) return;
    this.isTyping = isTyping;
    this.mayTellFrom = isTyping ? now + AGAIN_MS : 0;
    try {
      const { told } = await this.connection.call('chat:typing', { typing: isTyping });
      if (!told) this.mayTellFrom = now + TOO_LARGE_MS;
    } catch {
      this.mayTellFrom = now + TOO_LARGE_MS; // a hint that did not arrive is missed by nobody
    }
  }
}

/** The line as its answer shows it. @param {Message} message @returns {import('./types.js').QuotedLine} */
export function quoteOf({ id, seq, author, text, locale }) {
  return { id, seq, author, locale, text: text.length > QUOTE_CHARS ? `${text.slice(0, QUOTE_CHARS - 1)}…` : text };
}

/** As `chat:send` takes it. @param {About} about */
export function aboutSent({ reply_to, mentions, announcement }) {
  return {
    ...(reply_to ? { reply_to: reply_to.id } : {}),
    ...(mentions?.length ? { mentions: mentions.map(({ identity }) => identity) } : {}),
    ...(announcement ? { announcement: true } : {}),
  };
}

/** What a line is about, to send it again. @param {Message} message @returns {About} */
export const aboutOf = ({ reply_to, mentions, announcement }) => ({ reply_to, mentions, announcement });

/** Without the text of a line that was taken back, wherever it is quoted. @param {Message[]} messages @param {string} id */
export function withoutLine(messages, id) {
  return messages
    .filter((message) => message.id !== id)
    .map((message) => (message.reply_to?.id === id ? { ...message, reply_to: { id, seq: message.reply_to.seq, deleted: true } } : message));
}

/**
 * A line with the translation that was told; one that is the line itself says that there is none any more.
 *
 * @template {Message} T
 * @param {T} message
 * @param {string} locale
 * @param {{ text: string, engine: string }} item
 * @returns {T}
 */
export function translated(message, locale, { text, engine }) {
  return { ...message, translation: text === message.text ? undefined : { locale, text, engine } };
}
