import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../../lib/api.js';
import { locale } from '../../lib/i18n.js';

/**
 * @typedef {import('../../lib/types.js').Quote} Quote
 * @typedef {{ quote: Quote | null, error: unknown, affirmed: Set<string>, needed: import('../../lib/types.js').Affirmation[], toggle: (id: string) => void, again: () => void, missing: boolean,
 *   said: Record<string, unknown> }} QuoteState `said`: what the order carries of it
 */

/** @param {{ id: string, version: string }} one */
const keyOf = (one) => `${one.id} ${one.version}`;

/**
 * `quotes`: whether the server or the shop has a say in what orders cost; null until it is known. `transfer`: whether the shop
 * takes bank transfers. Asked with each checkout: a shop may have changed it during the show, and nobody may pay more than
 * they saw. Where it cannot be known a quote is asked for.
 *
 * @param {import('./show-session.js').ShowSession} session
 */
export function useCheckoutNeeds(session) {
  const [needs, setNeeds] = useState({ quotes: session.hasQuotes ? true : /** @type {boolean | null} */ (null), transfer: false });
  useEffect(() => {
    api.get(`/rooms/${session.connection.room}/checkout`).then(setNeeds, () => setNeeds({ quotes: true, transfer: false }));
  }, []);
  return needs;
}

/**
 * What an order costs all included, on servers whose checkout hooks have a say; asked again whenever the basket changes.
 *
 * @param {{ room: string, lines: unknown[], delivery: unknown } | null} basket null: nothing to ask yet
 * @param {import('../../lib/types.js').Offer[]} offers what is bought: goods may have something affirmed on every server
 * @returns {QuoteState}
 */
export function useQuote(basket, offers) {
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

  const ofGoods = offers.flatMap((offer) => offer.affirmation ?? []);
  const needed = [...new Map([...(quote?.affirmations ?? []), ...ofGoods].map((one) => [keyOf(one), one])).values()];
  const said = needed.filter((one) => affirmed.has(keyOf(one))).map(({ id, version }) => ({ id, version }));
  return {
    quote,
    error,
    affirmed,
    needed,
    toggle: (id) => setAffirmed(new Set(affirmed.has(id) ? [...affirmed].filter((other) => other !== id) : [...affirmed, id])),
    again: () => setRound(round + 1),
    missing: needed.some((one) => !affirmed.has(keyOf(one))),
    said: { ...(quote && { quote: quote.quote }), ...(said.length && { affirmed: said }) },
  };
}
