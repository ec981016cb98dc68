/** What was said in a show that is watched again: the lines at a moment, and those that a reader looks for. */

import { api } from './api.js';

/** @typedef {{ start_s: number, end_s: number, text: string, locale: string, source: string|null, source_locale: string }} Cue */

const PAGES = 50;
/** A cue stays a little after its end, as subtitles do. */
const LINGERS_S = 1;

/** All of them, page by page. @param {string} room @param {string} locale @returns {Promise<Cue[]>} */
export async function loadCues(room, locale) {
  /** @type {Cue[]} */
  const cues = [];
  let after = '';
  for (let page = 0; page < PAGES; page += 1) {
    const { items, next } = await api.get(`/rooms/${encodeURIComponent(room)}/captions/lines?limit=200&locale=${locale}${after && `&after=${after}`}`);
    cues.push(...items);
    if (!next) break;
    after = next;
  }
  return cues;
}

/** Those to show at a moment, two at most. @param {Cue[]} cues @param {number} timeS */
export const cuesAt = (cues, timeS) => cues.filter(({ start_s, end_s }) => timeS >= start_s && timeS < end_s + LINGERS_S).slice(-2);

/** Those with every word of `words`, in what is shown or in what was said. @param {Cue[]} cues @param {string} words */
export function searchCues(cues, words) {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  return cues.filter(({ text, source }) => {
    const said = plain(`${text} ${source ?? ''}`);
    return wanted.every((word) => said.includes(word));
  });
}

/** Case and accents aside. @param {string} text */
const plain = (text) => text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
