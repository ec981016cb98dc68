/**
 * Translations of the interface. Message ids are plain English sentences; `{name}` is filled in from the values.
 *
 * The catalogue comes from /i18n/{locale}.json before any page is drawn, so `t` is synchronous: call it while drawing,
 * never at the top of a module. Arguments are literals, because Babel's extractor collects them.
 *
 * The catalogue is a signal: whatever called `t` while it was drawn is drawn anew when the language changes.
 */

import { signal } from '@preact/signals';
import { isPseudo, pseudo } from './pseudo.js';

/** @typedef {{ locale: string, dir: 'ltr'|'rtl', messages: Record<string, string | Record<string, string>> }} Catalogue */

const current = signal(/** @type {Catalogue} */ ({ locale: 'en', dir: 'ltr', messages: {} }));
let hasCatalogue = false;
let plurals = new Intl.PluralRules('en');
/** @type {Promise<void>} */
let arrival = Promise.resolve();

/** Separates a context from its message id, as gettext does. */
const CONTEXT_GLUE = '\u0004';

/**
 * Fetch and install the catalogue. A catalogue that cannot be had leaves English.
 *
 * @param {string} locale
 */
export function loadCatalogue(locale) {
  arrival = fetchCatalogue(locale);
  return arrival;
}

/** Resolves when `t` may be called: for work that begins before the page is drawn. */
export const catalogueReady = () => arrival;

/** @param {string} locale */
async function fetchCatalogue(locale) {
  /** @type {Catalogue} */
  let catalogue = { locale, dir: 'ltr', messages: {} };
  // The first is known by name before its words are here: who speaks with the server meanwhile says it right.
  if (!hasCatalogue) current.value = catalogue;
  hasCatalogue = true;
  try {
    const response = await fetch(`/i18n/${encodeURIComponent(locale)}.json`, { credentials: 'same-origin' });
    if (response.ok) catalogue = { ...catalogue, ...(await response.json()) };
  } catch (error) {
    console.warn('livehub: no catalogue, showing English', error);
  }
  document.documentElement.lang = locale;
  document.documentElement.dir = catalogue.dir;
  plurals = new Intl.PluralRules(locale);
  current.value = catalogue;
}

/** The BCP 47 tag of the interface. */
export const locale = () => current.value.locale;

/**
 * Translate a sentence.
 *
 * @param {string} msgid
 * @param {Record<string, unknown>} [values]
 */
export function t(msgid, values) {
  const text = current.value.messages[msgid];
  return fill(typeof text === 'string' && text ? text : msgid, values);
}

/**
 * Translate a sentence that depends on a count; `{n}` is the count, formatted.
 *
 * @param {string} singular
 * @param {string} plural
 * @param {number} n
 * @param {Record<string, unknown>} [values]
 */
export function tn(singular, plural, n, values) {
  const catalogue = current.value;
  const forms = catalogue.messages[singular];
  const chosen = typeof forms === 'object' ? forms[plurals.select(n)] || forms.other : '';
  return fill(chosen || (n === 1 ? singular : plural), { n: new Intl.NumberFormat(catalogue.locale).format(n), ...values });
}

/**
 * Translate a word that needs its context to be understood: `tc('verb', 'Pin')`.
 *
 * @param {string} context
 * @param {string} msgid
 * @param {Record<string, unknown>} [values]
 */
export function tc(context, msgid, values) {
  const text = current.value.messages[context + CONTEXT_GLUE + msgid];
  return fill(typeof text === 'string' && text ? text : msgid, values);
}

/** @param {string} text @param {Record<string, unknown>} [values] */
function fill(text, values) {
  if (isPseudo) text = pseudo(text);
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole)) : text;
}
