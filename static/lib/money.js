/** Money on the wire is an integer in the currency's minor unit; here it becomes words and back. */

import { locale } from './i18n.js';

/** @typedef {import('./types.js').Money} Money */

/**
 * Currencies whose minor unit is not a hundredth, by ISO 4217. The browser's own table (CLDR) is no guide: it tells how
 * amounts are customarily shown (rupiah without sen) and differs between browsers, while the wire follows ISO.
 */
const UNUSUAL_DIGITS = new Map([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => /** @type {const} */ ([code, 0])),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => /** @type {const} */ ([code, 3])),
  ...'CLF UYW'.split(' ').map((code) => /** @type {const} */ ([code, 4])),
]);

/** Digits after the point: 2 for EUR, 0 for JPY, 3 for KWD. @param {string} currency */
export const minorDigits = (currency) => UNUSUAL_DIGITS.get(currency) ?? 2;

/** @param {Money} money */
export function formatMoney({ amount_minor, currency }) {
  const digits = minorDigits(currency);
  const whole = digits > 0 && amount_minor % 10 ** digits === 0;
  const format = new Intl.NumberFormat(locale(), {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: whole ? 0 : digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount_minor / 10 ** digits);
}

/** @param {Money} money @param {number} factor @returns {Money} */
export const times = (money, factor) => ({ ...money, amount_minor: money.amount_minor * factor });

/**
 * What somebody typed, as minor units; comma and point both work, and Arabic and Persian digits.
 *
 * @param {string} text
 * @param {string} currency
 * @returns {Money | null} null when it is no amount of that currency
 */
export function parseMoney(text, currency) {
  const digits = minorDigits(currency);
  const western = text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf));
  const match = /^(\d{1,9})(?:[.,\u066b](\d+))?$/.exec(western.replace(/[\s\u00a0']/g, ''));
  if (!match || (match[2] ?? '').length > digits) return null;
  return { amount_minor: Number(match[1] + (match[2] ?? '').padEnd(digits, '0')), currency };
}

/** For an input field: `12.50`. @param {Money} money */
export const plainAmount = ({ amount_minor, currency }) => (amount_minor / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));
