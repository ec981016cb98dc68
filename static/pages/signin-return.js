/** Where to go after signing in: only ever a path of this site. */

/**
 * @param {string | null} wished
 * @param {string} [fallback]
 * @returns {string}
 */
export function ownPath(wished, fallback = '/studio') {
  // "//host" and "/\host" leave the site although they begin with a slash
  if (!wished || !/^\/(?![/\\])/.test(wished)) return fallback;
  const url = new URL(wished, window.location.origin);
  if (url.origin !== window.location.origin || url.pathname === '/signin' || url.pathname === '/signup') return fallback;
  return url.pathname + url.search + url.hash;
}

/** The path asked for by `?return=`. */
export const returnPath = () => ownPath(new URLSearchParams(window.location.search).get('return'));

/** Keep the wish when changing between signing in and signing up. @param {string} page */
export function withReturn(page) {
  const wished = new URLSearchParams(window.location.search).get('return');
  return wished ? `${page}?return=${encodeURIComponent(wished)}` : page;
}

/** Send somebody who is not signed in to the sign-in page, and back here afterwards. */
export function goSignIn() {
  const here = window.location.pathname + window.location.search + window.location.hash;
  window.location.replace(`/signin?return=${encodeURIComponent(here)}`);
}
