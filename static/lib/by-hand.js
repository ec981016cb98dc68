/** Money that comes outside of any system, so that the shop says when it is there. */

import { useEffect, useState } from 'preact/hooks';
import { serverConfig } from './config.js';
import { locale } from './i18n.js';

/** @typedef {import('./types.js').PayWay} PayWay */

/**
 * By what the server says of that way to pay; by its name until that is known, and where the server has it no more.
 *
 * @param {string} provider @param {PayWay | null} [way]
 */
export const isByHand = (provider, way) => way?.by_hand ?? (provider === 'manual' || provider === 'transfer');

/** What the server says of its ways to pay; none until that is known. */
export function usePayWays() {
  const [ways, setWays] = useState(/** @type {PayWay[]} */ ([]));
  useEffect(() => {
    serverConfig().then(
      ({ payments }) => setWays(payments),
      (error) => console.warn('livehub: what is said of ways to pay is not known', error),
    );
  }, []);
  return ways;
}

/** @param {string} provider */
export const usePayWay = (provider) => usePayWays().find(({ id }) => id === provider) ?? null;

/** What that way says of itself to this reader; null: the interface's own sentences. @param {PayWay | null | undefined} way */
export const handWords = (way) => way?.words[locale()] ?? way?.words.en ?? null;

/** Also by a way to pay that the server has no more. @param {import('./types.js').Order} order */
export const waitsByHand = (order) =>
  order.status === 'pending_payment' && (isByHand(order.payment.provider) || waitsForDays(order) || (!order.expires_at && order.payment.status === 'pending'));

const DAY_MS = 24 * 3600 * 1000;

/**
 * It waits, or waited, for days as the shop's terms say, and not only the minutes that others have for paying.
 *
 * @param {import('./types.js').Order} order
 */
export function waitsForDays({ status, placed_at, expires_at, history }) {
  const end = status === 'expired' ? history.find((step) => step.status === 'expired')?.at : expires_at;
  return Boolean(end) && Date.parse(/** @type {string} */ (end)) - Date.parse(placed_at) >= DAY_MS;
}

/** It was given up, and its money may come still. @param {import('./types.js').Order} order */
export const mayComeLate = (order) => order.status === 'expired' && ['pending', 'failed'].includes(order.payment.status) && waitsForDays(order);
