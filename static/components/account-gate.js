import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { isSignedIn, loadMe, me } from '../lib/session.js';
import { ErrorState, SkeletonText } from './states.js';

/**
 * Draws `page` for people with an account; sends everybody else to sign in and back here.
 *
 * @param {{ page: any, params?: Record<string, unknown>, skeleton?: any }} props
 */
export function AccountGate({ page, params = {}, skeleton }) {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const load = () => {
    setError(null);
    loadMe().catch(setError);
  };
  useEffect(load, []);
  useEffect(() => {
    if (me.value !== undefined && !isSignedIn()) goSignIn();
  }, [me.value]);

  if (error) return html`<main id="main" class="page"><${ErrorState} error=${error} onRetry=${load} /></main>`;
  if (!isSignedIn()) return html`<main id="main" class="page" aria-busy="true">${skeleton ?? html`<${SkeletonText} lines=${5} />`}</main>`;
  return html`<${page} ...${params} />`;
}

function goSignIn() {
  const here = window.location.pathname + window.location.search + window.location.hash;
  window.location.replace(`/signin?next=${encodeURIComponent(here)}`);
}
