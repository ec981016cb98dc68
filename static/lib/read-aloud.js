/**
 * What stands in the page, spoken by the browser's voices, or by the server where the browser has none of the language:
 * what waits, what gives way, and what nobody wants to hear any more. The queue knows no page; `speechSynthesis` is
 * handed in, so that it can be tested.
 */

import { effect, signal } from '@preact/signals';

/** @typedef {'chat'|'caption'|'product'|'system'} SpokenKind */
/** @typedef {import('./server-voice.js').SpokenOf} SpokenOf what the server knows the text by */
/** @typedef {{ kind: SpokenKind, text: string, locale: string, of?: SpokenOf }} Utterance */
/** @typedef {{ isOn: boolean, chat: 'all'|'replies'|'none', captions: boolean, products: boolean }} ReadChoice */

const KEY = 'livehub.aloud';
/** How many of a kind may wait; the oldest give way, for what is spoken late confuses. */
const MAX_WAITING = { chat: 4, caption: 2, product: 1, system: 1 };
/** What is heard before what. */
const ORDER = /** @type {const} */ (['system', 'product', 'caption', 'chat']);
const MAX_CHARS = 300;
/** Codes under which systems know a language of ours, such as Android's of Indonesian and Mandarin. */
const SAME = new Map([['in', 'id'], ['cmn', 'zh']]);
/** Voices that are called Chinese and speak Cantonese, which is another language to who listens. */
const OTHERS = ['hk', 'mo', 'yue'];
/** A voice that never ends: browsers lose the end of an utterance now and then. */
const LONGEST_MS = 30_000;

/** @returns {ReadChoice} */
function chosen() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return { isOn: kept.isOn === true, chat: ['all', 'replies', 'none'].includes(kept.chat) ? kept.chat : 'replies', captions: kept.captions !== false, products: kept.products !== false };
  } catch {
    return { isOn: false, chat: 'replies', captions: true, products: true };
  }
}

export const readChoice = signal(chosen());
effect(() => {
  const choice = readChoice.value;
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // a browser without storage forgets it with the page
  }
});

export class ReadAloud {
  /**
   * @param {SpeechSynthesis | null} synthesis null where the browser has none
   * @param {typeof SpeechSynthesisUtterance} [Spoken] replaces the browser's in tests
   */
  constructor(synthesis = globalThis.speechSynthesis ?? null, Spoken = globalThis.SpeechSynthesisUtterance) {
    this.synthesis = synthesis;
    /** For languages that the browser has no voice of; null where the server has none. @type {import('./server-voice.js').ServerVoice | null} */
    this.server = null;
    /** What the reader's browser is set to: of two voices of a language the one of their own country. */
    this.tags = () => globalThis.navigator?.languages ?? [];
    /** Ends what the server is saying. */
    this.hush = () => {};
    this.Spoken = Spoken;
    /** @type {Utterance[]} */
    this.waiting = [];
    /** @type {Utterance | null} what is heard now */
    this.current = null;
    this.timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
    /** Counted up when what is heard is cut off, so that its late end is not taken for another's. */
    this.turn = 0;
    /** Whether a voice is heard, from its first sound until nothing follows: what else sounds is to be low meanwhile. */
    this.isHeard = signal(false);
  }

  /** The voice for a language, null where there is none; browsers load them late, so ask again. @param {string} locale */
  voiceFor(locale) {
    const wanted = tagOf(locale)[0];
    const fitting = (this.synthesis?.getVoices() ?? []).filter(({ lang }) => tagOf(lang)[0] === wanted && !tagOf(lang).some((part) => OTHERS.includes(part)));
    const mine = this.tags().map((tag) => tagOf(tag).join('-'));
    const rank = (/** @type {SpeechSynthesisVoice} */ { lang, localService }) => (localService ? 0 : 2) + (mine.includes(tagOf(lang).join('-')) ? 0 : 1);
    return fitting.reduce((best, voice) => (best && rank(best) <= rank(voice) ? best : voice), /** @type {SpeechSynthesisVoice | null} */ (null));
  }

  /** Whether the server reads this language, because the browser cannot. @param {string} locale */
  isServed(locale) {
    return !this.voiceFor(locale) && Boolean(this.server?.speaks(locale));
  }

  /** @param {SpokenKind} kind @param {string} text @param {string} locale of the text @param {SpokenOf} [of] */
  say(kind, text, locale, of) {
    const plain = text.replace(/https?:\/\/\S+/g, '…').trim().slice(0, MAX_CHARS);
    if ((!this.synthesis && !this.server) || !plain) return;
    this.waiting.push({ kind, text: plain, locale, of });
    const same = this.waiting.filter((other) => other.kind === kind);
    if (same.length > MAX_WAITING[kind]) this.waiting.splice(this.waiting.indexOf(same[0]), 1);
    // a product that is shown now is news; a chat line in the middle of being read is not
    if (kind === 'product' && this.current?.kind === 'chat') this.cut();
    this.next();
  }

  next() {
    if (this.current) return;
    const kind = ORDER.find((wanted) => this.waiting.some((other) => other.kind === wanted));
    const at = this.waiting.findIndex((other) => other.kind === kind);
    if (at < 0) return void (this.isHeard.value = false);
    const utterance = (this.current = this.waiting.splice(at, 1)[0]);
    const turn = ++this.turn;
    this.timer = setTimeout(() => (this.silence(), this.ended(turn)), LONGEST_MS);
    if (!utterance.of || !this.isServed(utterance.locale)) this.byBrowser(utterance, turn);
    else this.hush = /** @type {import('./server-voice.js').ServerVoice} */ (this.server).speak(utterance.of, utterance.locale, (isHeard) => {
        if (isHeard) this.ended(turn);
        else if (turn === this.turn) this.byBrowser(utterance, turn); // another voice is better than none
      }, () => this.started(turn));
  }

  /** @param {Utterance} utterance @param {number} turn */
  byBrowser(utterance, turn) {
    if (!this.synthesis) return void queueMicrotask(() => this.ended(turn));
    const spoken = new this.Spoken(utterance.text);
    const voice = this.voiceFor(utterance.locale);
    spoken.lang = voice?.lang ?? utterance.locale;
    if (voice) spoken.voice = voice;
    spoken.onstart = () => this.started(turn);
    spoken.onend = spoken.onerror = () => this.ended(turn);
    return void this.synthesis.speak(spoken);
  }

  /** A voice that never says a word turns nothing down. @param {number} turn */
  started(turn) {
    if (turn === this.turn && this.current) this.isHeard.value = true;
  }

  /** @param {number} turn */
  ended(turn) {
    if (turn !== this.turn || !this.current) return;
    clearTimeout(this.timer);
    this.current = null;
    this.next();
  }

  /** Cut off what is heard now. */
  cut() {
    clearTimeout(this.timer);
    this.turn += 1;
    this.current = null;
    this.silence();
  }

  silence() {
    this.hush();
    this.hush = () => {};
    this.synthesis?.cancel();
  }

  /** What was taken back is not read any more, nor to its end. @param {(of: SpokenOf) => boolean} isThere */
  keep(isThere) {
    const stays = (/** @type {Utterance} */ { of }) => !of || isThere(of);
    this.waiting = this.waiting.filter(stays);
    if (!this.current || stays(this.current)) return;
    this.cut();
    this.next();
  }

  /** Be silent, now. */
  stop() {
    this.waiting = [];
    this.cut();
    this.isHeard.value = false;
  }
}

/** The parts of a language tag as browsers write it: zh-CN, zh_CN, cmn-Hans-CN. @param {string} lang */
function tagOf(lang) {
  const [language, ...more] = lang.toLowerCase().replace('#', '').split(/[-_]+/);
  return [SAME.get(language) ?? language, ...more];
}

/**
 * Whether a line is to be read to somebody, by what they chose. Their own lines never are.
 *
 * @param {import('./types.js').Message} message
 * @param {string | undefined} me
 * @param {ReadChoice['chat']} which
 */
export function isForMe(message, me, which) {
  if (which === 'none' || message.deleted || message.pending || message.author.identity === me) return false;
  if (which === 'all' || message.announcement) return true;
  return message.reply_to?.author?.identity === me || (message.mentions ?? []).some(({ identity }) => identity === me);
}
