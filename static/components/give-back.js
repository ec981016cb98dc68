/** Where the keyboard's focus goes when a dialog closes: to who opened it, or to what is nearest to where they stood. */

/** What the keyboard reaches. */
const CONTROLS = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

/** @param {Element} place @returns {Element[]} */
const controlsOf = (place) => [...place.querySelectorAll(CONTROLS)];

/** What an element is in, from near to far, as far as the page's main part. @param {Element | null} element */
function around(element) {
  const found = [];
  for (let one = element?.parentElement; one && !one.matches('main, #app, body'); one = one.parentElement) found.push(one);
  return found;
}

/** @param {Element | null | undefined} one @returns {boolean} whether it has the focus now */
function focus(one) {
  if (one instanceof HTMLElement && one.isConnected) one.focus({ preventScroll: true });
  return Boolean(one) && document.activeElement === one;
}

/** Where in a row of which list somebody stands; null outside of lists. @param {Element | null} opener */
function rowOf(opener) {
  const row = opener?.closest('li, tbody > tr');
  if (!opener || !row?.parentElement) return null;
  return { list: row.parentElement, rows: [...row.parentElement.children], row, nth: controlsOf(row).indexOf(opener) };
}

/**
 * The same control of the row that stands there now – the same one drawn anew, or the next one – else of the one before.
 *
 * @param {NonNullable<ReturnType<typeof rowOf>>} from
 */
function focusNeighbour({ list, rows, row, nth }) {
  if (!list.isConnected) return false;
  const now = [...list.children];
  const before = rows.slice(0, rows.indexOf(row)).reverse().find((other) => other.parentElement === list);
  const at = row.parentElement === list ? now.indexOf(row) : before ? now.indexOf(before) + 1 : 0;
  return [now[at], now[at - 1]].some((place) => {
    const controls = place ? controlsOf(place) : [];
    return focus(controls[nth]) || controls.some(focus);
  });
}

/**
 * @param {Element | null} opener
 * @returns {() => void} gives the focus back. To be called when the page stands as it will: what closes a dialog may take
 *   its opener away in the same breath ("Stop" of what runs no more, a row that is removed)
 */
export function rememberOpener(opener) {
  const places = around(opener);
  const from = rowOf(opener);
  return () => {
    if (focus(opener) || (from && focusNeighbour(from))) return;
    places.filter((place) => place.isConnected).some((place) => controlsOf(place).some(focus));
  };
}
