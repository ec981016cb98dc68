import { useEffect, useState } from 'preact/hooks';
import { availability } from './offer-view.js';

/** setTimeout counts in 32 bits. */
const LONGEST_MS = 2_000_000_000;

/**
 * An offer's availability, drawn anew by itself when its window or its flash deal opens or closes.
 *
 * @param {import('../../lib/types.js').Offer | null | undefined} offer
 * @returns {ReturnType<typeof availability>}
 */
export function useAvailability(offer) {
  useRedrawnAtBounds(offer ? [offer] : []);
  return offer ? availability(offer) : 'over';
}

/** Whether all of them can be bought, drawn anew likewise. @param {import('../../lib/types.js').Offer[]} offers */
export function useAllOpen(offers) {
  useRedrawnAtBounds(offers);
  return offers.length > 0 && offers.every((offer) => availability(offer) === 'open');
}

/** @param {import('../../lib/types.js').Offer[]} offers */
function useRedrawnAtBounds(offers) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const nowMs = Date.now();
    const times = offers.flatMap((offer) => [offer.starts_at, offer.ends_at, offer.deal?.ends_at]);
    const bounds = times.map((at) => (at ? Date.parse(at) : 0)).filter((ms) => ms > nowMs);
    if (!bounds.length) return undefined;
    const timer = setTimeout(() => redraw((n) => n + 1), Math.min(Math.min(...bounds) - nowMs + 50, LONGEST_MS));
    return () => clearTimeout(timer);
  });
}
