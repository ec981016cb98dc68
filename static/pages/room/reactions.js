import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';

const FLIGHT_MS = 1_900;
const AT_ONCE = 14;

/** @typedef {{ key: string, emoji: string, x: number, delay: number }} Flight */

/**
 * Emoji that rise and fade. Decoration only: hidden from readers, absent under reduced motion.
 *
 * @param {{ session: import('./show-session.js').ShowSession }} props
 */
export function Reactions({ session }) {
  const [flights, setFlights] = useState(/** @type {Flight[]} */ ([]));
  const burst = session.bursts.value;
  useEffect(() => {
    if (!burst.n || document.visibilityState === 'hidden') return;
    const fresh = Array.from({ length: Math.min(burst.n, 6) }, (_, i) => ({
      key: `${burst.key}-${i}`, emoji: burst.emoji, x: Math.round(Math.random() * 56), delay: i * 110,
    }));
    setFlights((known) => [...known, ...fresh].slice(-AT_ONCE));
    const keys = new Set(fresh.map((flight) => flight.key));
    setTimeout(() => setFlights((known) => known.filter((flight) => !keys.has(flight.key))), FLIGHT_MS + 700);
  }, [burst.key]);
  return html`<div class="reactions" aria-hidden="true">
    ${flights.map(({ key, emoji, x, delay }) => html`<span key=${key} class="reaction" style=${{ insetInlineEnd: `${x}px`, animationDelay: `${delay}ms` }}>${emoji.startsWith('❤') ? html`<${Icon} name="heart" size=${30} class="reaction-heart" />` : emoji}</span>`)}
  </div>`;
}
