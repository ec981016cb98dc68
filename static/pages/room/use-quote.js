import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../../lib/api.js';
import { locale } from '../../lib/i18n.js';

/**
 * @typedef {import('../../lib/types.js').Quote} Quote
 * @typedef {{ quote: Quote | null, error: unknown, affirmed: Set<string>, toggle: (id: string) => void, again: () => void, missing: boolean,
 *   said: Record<string, unknown> }} QuoteState `said`: what the order carries of it
 */

/**
 * What an order costs all included, on servers whose checkout hooks have a say; asked again whenever the basket changes.
 *
 * @param {{ room: string, lines: unknown[], delivery: unknown } | null} basket null: nothing to ask yet
 * @returns {QuoteState}
 */
export function useQuote(basket) {
  const [quote, setQuote] = useState(/** @type {Quote | null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [affirmed, setAffirmed] = useState(() => /** @type {Set<string>} */ (new Set()));
  const [round, setRound] = useState(0);
  const asked = useRef(0);
  const text = basket && JSON.stringify({ ...basket, locale: locale() });

  useEffect(() => {
    setQuote(null);
    setError(null);
    const number = ++asked.current;
    if (!text) return;
    api.post('/quotes', JSON.parse(text)).then(
      (answer) => number === asked.current && setQuote(answer),
      (refused) => number === asked.current && setError(refused),
    );
  }, [text, round]);

  const keyOf = (/** @type {{ id: string, version: string }} */ one) => `${one.id} ${one.version}`;
  const needed = quote?.affirmations ?? [];
  return {
    quote,
    error,
    affirmed,
    toggle: (id) => setAffirmed(new Set(affirmed.has(id) ? [...affirmed].filter((other) => other !== id) : [...affirmed, id])),
    again: () => setRound(round + 1),
    missing: needed.some((one) => !affirmed.has(keyOf(one))),
    said: quote ? { quote: quote.quote, affirmed: needed.filter((one) => affirmed.has(keyOf(one))).map(({ id, version }) => ({ id, version })) } : {},
  };
}
