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
  // what was made of the path counts too: of "/.//host" it is "//host", which leaves the site when it is followed
  if (url.origin !== window.location.origin || url.pathname.startsWith('//')) return fallback;
  if (url.pathname === '/signin' || url.pathname === '/signup') return fallback;
  return url.pathname + url.search + url.hash;
}

/** The path asked for by `?next=`. */
export const returnPath = () => ownPath(new URLSearchParams(window.location.search).get('next'));

/** Keep the wish when changing between signing in and signing up. @param {string} page */
export function withReturn(page) {
  const wished = new URLSearchParams(window.location.search).get('next');
  return wished ? `${page}?next=${encodeURIComponent(wished)}` : page;
}
