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
  const [, redraw] = useState(0);
  useEffect(() => {
    const nowMs = Date.now();
    const bounds = [offer?.starts_at, offer?.ends_at, offer?.deal?.ends_at].map((at) => (at ? Date.parse(at) : 0)).filter((ms) => ms > nowMs);
    if (!bounds.length) return undefined;
    const timer = setTimeout(() => redraw((n) => n + 1), Math.min(Math.min(...bounds) - nowMs + 50, LONGEST_MS));
    return () => clearTimeout(timer);
  });
  return offer ? availability(offer) : 'over';
}
