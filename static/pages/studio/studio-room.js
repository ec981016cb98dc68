import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Header } from '../../components/header.js';
import { EmptyState, ErrorState, ReconnectBanner, Skeleton } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { WordingSheet } from '../../components/wording-sheet.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';
import { wordingOf } from '../../lib/wording.js';
import { OnAir } from './on-air.js';
import { Preparation } from './preparation.js';
import { Report } from './report.js';
import { StudioSession } from './session.js';

/** @typedef {import('../../lib/types.js').Room} Room */

/** @param {{ id: string }} props */
export function StudioRoom({ id }) {
  const { data: room, error, reload } = useLoad((signal) => /** @type {Promise<Room>} */ (api.get(`/rooms/${encodeURIComponent(id)}`, { signal })), [id]);
  const [session, setSession] = useState(/** @type {StudioSession | null} */ (null));
  const isMine = room && ['host', 'cohost', 'moderator'].includes(room.my_role ?? '');

  useEffect(() => {
    if (!room || !isMine) return undefined;
    const made = new StudioSession(room).open();
    setSession(made);
    return () => made.close();
  }, [room?.id, isMine]);

  if (error && !room) {
    return html`<${Header} current="studio" /><main id="main" class="page">
      <${ErrorState} error=${error} onRetry=${reload} action=${html`<${Button} href="/studio">${t('My shows')}<//>`} />
    </main>`;
  }
  if (room && !isMine) {
    return html`<${Header} current="studio" /><main id="main" class="page">
      <${EmptyState} icon="lock" title=${t('This studio is somebody else’s')} action=${html`<${Button} kind="primary" href=${`/r/${room.id}`}>${t('Watch the show')}<//>`}>
        ${t('You can watch it like everybody. To help in the studio, ask the host to make you a co-host.')}
      <//>
    </main>`;
  }
  if (!session) return html`<main id="main" class="studio-loading" aria-busy="true"><${Skeleton} class="studio-skeleton-stage" /></main>`;
  return html`<${Running} session=${session} />`;
}

/** @param {{ session: StudioSession }} props */
function Running({ session }) {
  const state = session.state.room.value?.state;
  const status = session.state.status.value;
  const isAway = status === 'reconnecting' && state !== 'ended';
  const isSending = session.broadcast.link.value === 'connected';
  const wording = session.wording.value;
  return html`
    <${ReconnectBanner} visible=${isAway} isRestarting=${session.state.restarting.value} text=${isSending ? t('Connection lost. Viewers still see what is sent; reconnecting…') : undefined} />
    ${state === 'scheduled' && html`<${Preparation} session=${session} />`}
    ${state === 'live' && html`<${OnAir} session=${session} />`}
    ${state === 'ended' && html`<${Report} session=${session} />`}
    ${wording && html`<${WordingSheet} wording=${wordingOf(`/rooms/${session.id}`)} spot=${wording === 'all' ? undefined : wording} onClose=${() => (session.wording.value = null)}
      empty=${t('Polls, announcements, draws and whatever else is said in the show stand here.')}>
      ${session.state.room.value?.store && session.state.room.value.my_role === 'host' && html`<p class="wording-more"><a href="/desk#products" target="_blank" rel="noopener">${t('What products are called is written at each product, at the desk.')}</a></p>`}
    <//>`}`;
}
