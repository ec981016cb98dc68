/**
 * Admission by a merchant's own site: it sends its user to `/r/{room}#token=…` with a token for that room. The token leaves the
 * address at once, so that nobody passes it on with a copied link, and stays with this tab.
 */

const KEY = 'livehub.token';
const TOKEN = /^[\w.-]{1,2048}$/;

/**
 * The token this page speaks with, or ''. It counts in its room and on the tickets of what was bought there; on the other pages
 * this browser's own account counts.
 *
 * @param {string} page
 * @param {string} [room]
 * @returns {string}
 */
export function takeToken(page, room) {
  const given = page === 'room' ? (new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '') : '';
  if (TOKEN.test(given)) {
    sessionStorage.setItem(KEY, JSON.stringify({ room, token: given }));
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
    return given;
  }
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  return page === 'order' || (page === 'room' && kept.room === room) ? (kept.token ?? '') : '';
}

/** Only the site that gave the token can give another. @param {unknown} error */
export const needsNewLink = (error) => ['token_expired', 'token_invalid'].includes(/** @type {{ code?: string }} */ (error)?.code ?? '');
