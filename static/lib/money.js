/** Money on the wire is an integer in the currency's minor unit; here it becomes words and back. */

import { locale } from './i18n.js';

/** @typedef {import('./types.js').Money} Money */

/** Digits after the point: 2 for EUR, 0 for JPY, 3 for KWD. @param {string} currency */
export function minorDigits(currency) {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** @param {Money} money */
export function formatMoney({ amount_minor, currency }) {
  const digits = minorDigits(currency);
  const whole = digits > 0 && amount_minor % 10 ** digits === 0;
  const format = new Intl.NumberFormat(locale(), {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    ...(whole ? { minimumFractionDigits: 0 } : {}),
  });
  return format.format(amount_minor / 10 ** digits);
}

/** @param {Money} money @param {number} factor @returns {Money} */
export const times = (money, factor) => ({ ...money, amount_minor: money.amount_minor * factor });

/**
 * What somebody typed, as minor units; comma and point both work.
 *
 * @param {string} text
 * @param {string} currency
 * @returns {Money | null} null when it is no amount of that currency
 */
export function parseMoney(text, currency) {
  const digits = minorDigits(currency);
  const match = /^(\d{1,9})(?:[.,](\d+))?$/.exec(text.replace(/[\s\u00a0']/g, ''));
  if (!match || (match[2] ?? '').length > digits) return null;
  return { amount_minor: Number(match[1] + (match[2] ?? '').padEnd(digits, '0')), currency };
}

/** For an input field: `12.50`. @param {Money} money */
export const plainAmount = ({ amount_minor, currency }) => (amount_minor / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));
