import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Header } from '../../components/header.js';
import { ErrorState, Skeleton } from '../../components/states.js';
import { Problem } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { needsNewLink } from '../../lib/join-token.js';
import { RoomScreen } from './room-screen.js';
import { isSignedIn, signInHref } from '../../lib/session.js';
import { openVisit } from './visit.js';

/** @param {{ room: string }} props the room's id */
export default function RoomPage({ room: id }) {
  const [session, setSession] = useState(/** @type {import('./show-session.js').ShowSession | null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const visit = openVisit(id);
    let isGone = false;
    visit.then((opened) => {
      if (isGone) return;
      setSession(opened);
      setError(null);
    }, setError);
    const leave = () => {
      isGone = true;
      visit.then((opened) => opened.stop(), () => undefined);
    };
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      leave();
    };
  }, [id, attempt]);

  // a page out of the browser's back cache has no connections left
  useEffect(() => {
    const again = (/** @type {PageTransitionEvent} */ event) => event.persisted && setAttempt((n) => n + 1);
    window.addEventListener('pageshow', again);
    return () => window.removeEventListener('pageshow', again);
  }, []);

  const retry = () => setAttempt((n) => n + 1);
  if (error) return html`<${RoomError} error=${error} onRetry=${retry} />`;
  if (!session) return html`<${RoomSkeleton} />`;
  if (session.failure.value) return html`<${RoomError} error=${session.failure.value} onRetry=${retry} />`;
  return html`<${RoomScreen} key=${attempt} session=${session} onRejoin=${retry} />`;
}

/** @param {{ error: unknown, onRetry: () => void }} props */
function RoomError({ error, onRetry }) {
  const status = error instanceof Problem ? error.status : 0;
  const isOver = needsNewLink(error);
  const title = isOver ? t('This link no longer works') : status === 404 ? t('There is no show here') : status === 403 || status === 401 ? t('This show is private') : t('The show could not be opened');
  const action = html`${status === 403 && !isSignedIn() && html`<${Button} href=${signInHref()}>${t('Sign in')}<//>`}
    <${Button} href="/">${t('See what is live')}<//>`;
  return html`<${Header} />
    <main id="main" class="page"><${ErrorState} error=${error} title=${title} onRetry=${status === 404 || isOver ? undefined : onRetry} action=${action} /></main>`;
}

function RoomSkeleton() {
  return html`<div class="room room-skeleton" aria-label=${t('Loading…')}>
    <div class="stage"><${Skeleton} class="room-skeleton-stage" /></div>
    <div class="side"><div class="room-skeleton-side">${[1, 2, 3, 4, 5].map((n) => html`<${Skeleton} key=${n} class="room-skeleton-line" />`)}</div></div>
  </div>`;
}
