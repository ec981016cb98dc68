/**
 * Who is here. `me` is a signal: undefined until known, null when nobody is signed in, else Me.
 */

import { signal } from '@preact/signals';
import { api, bearer, Problem } from './api.js';
import { catalogueReady, loadCatalogue, locale, t } from './i18n.js';

/** @typedef {import('./types.js').Me} Me */

/** @type {import('@preact/signals').Signal<Me | null | undefined>} */
export const me = signal(undefined);

/** @type {Promise<Me | null> | null} */
let loading = null;
/** @type {Promise<Me> | null} one at a time, or one visitor would become two guests */
let becoming = null;

/** The server sets this cookie beside those that no script can see. */
const mayBeKnown = () => Boolean(bearer()) || /(?:^|; )livehub_known=/.test(document.cookie);

/** @returns {Promise<Me | null>} rejects for a join token that is no good: nothing else may take its place */
export function loadMe() {
  loading ??= (mayBeKnown() ? api.get('/me') : Promise.resolve(null))
    .catch((error) => {
      if (error instanceof Problem && error.status === 401 && !bearer()) return null;
      loading = null;
      throw error;
    })
    .then((found) => (me.value = found));
  return loading;
}

/** Somebody with an account, not a guest. */
export const isSignedIn = () => me.value?.kind === 'account';

/** A guest who has not told a name yet: we gave one, so ask before it is shown to others. */
export const needsName = () => me.value?.kind === 'guest' && !localStorage.getItem('livehub.name');

/**
 * Be somebody: the member the join token names, the account or guest the cookies know, else a new guest under a neutral name.
 *
 * @returns {Promise<Me>}
 */
export function ensureIdentity() {
  becoming ??= becomeSomebody().finally(() => (becoming = null));
  return becoming;
}

async function becomeSomebody() {
  const known = await loadMe();
  if (known ?? me.value) return /** @type {Me} */ (known ?? me.value);
  await catalogueReady();
  const name = localStorage.getItem('livehub.name') ?? t('Guest');
  const guest = await api.post('/guests', { display_name: name, locale: locale() });
  /** @type {Me} */
  const identity = { id: guest.id, kind: 'guest', display_name: guest.display_name, locale: guest.locale, stores: [] };
  me.value = identity;
  return identity;
}

/**
 * Give the guest (or account) a name that others will see.
 *
 * @param {string} displayName
 */
export async function rename(displayName) {
  await ensureIdentity();
  me.value = await api.patch('/me', { display_name: displayName });
  localStorage.setItem('livehub.name', displayName);
}

/** The way to sign in and come back to this page. */
export const signInHref = () => `/signin?next=${encodeURIComponent(window.location.pathname)}`;

/** @param {string} email @param {string} password */
export async function signIn(email, password) {
  me.value = await api.post('/sessions', { email, password });
}

/** @param {{ email: string, password: string, display_name: string }} account */
export async function signUp(account) {
  me.value = await api.post('/accounts', { ...account, locale: locale() });
}

export async function signOut() {
  await api.delete('/sessions/current');
  me.value = null;
}

/** Called with the new tag when the language of the interface changes: whoever speaks with the server tells it. @type {Set<(tag: string) => void>} */
export const onLocale = new Set();

/**
 * Change the interface's language, here and now: a cookie for the server's pages, the profile where there is one. What is
 * on show goes on.
 *
 * @param {string} tag
 */
export async function setLocale(tag) {
  const secure = window.location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `livehub_locale=${tag}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  const url = new URL(window.location.href);
  if (url.searchParams.has('locale')) {
    url.searchParams.delete('locale');
    window.history.replaceState(window.history.state, '', url.href);
  }
  await loadCatalogue(tag);
  for (const tell of onLocale) tell(tag);
  if (me.value && me.value.kind !== 'member') {
    me.value = await api.patch('/me', { locale: tag }).catch((error) => {
      console.warn('livehub: the profile keeps its language', error);
      return me.value;
    });
  }
}
