import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge, LiveBadge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { IconButton } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { Cover } from '../../components/picture.js';
import { ErrorState, Skeleton } from '../../components/states.js';
import { useLoad, useWhileVisible } from '../../components/use-load.js';
import { api, listAll } from '../../lib/api.js';
import { formatDateTime, formatDay } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { me } from '../../lib/session.js';
import { ScheduleForm } from './schedule-form.js';
import { kindTitle, visibilityTitle } from './words.js';

/** @typedef {import('../../lib/types.js').Room} Room */

/** The studio's front room: my shows by state, and a new one. */
export function Rooms() {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<Room[]>} */ (listAll('/rooms?mine=1')), []);
  const [isScheduling, schedule] = useState(false);
  const [dropped, setDropped] = useState(/** @type {Room | null} */ (null));
  useWhileVisible(() => data && reload(), 30_000);

  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => schedule(true)}>${t('Plan a show')}<//>`;
  const parts = partsOf(data ?? []);
  return html`<main id="main" class="page studio-home">
    <header class="row row-wrap studio-home-head"><h1 class="grow">${t('Studio')}</h1>${data && data.length > 0 && add}</header>
    ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<div class="stack" aria-busy="true">${[1, 2, 3].map((n) => html`<${Skeleton} key=${n} class="studio-skeleton" />`)}</div>`}
    ${data && !data.length && html`<${FirstSteps} action=${add} />`}
    ${parts.map(({ id, title, rooms }) => rooms.length > 0 && html`<section key=${id} class="studio-part">
      <h2 class="studio-part-title">${title}</h2>
      <ul class="studio-rooms">${rooms.map((room) => html`<${RoomRow} key=${room.id} room=${room} onDrop=${() => setDropped(room)} />`)}</ul>
    </section>`)}
    ${isScheduling && html`<${ScheduleForm} onClose=${() => schedule(false)} />`}
    ${dropped && html`<${ConfirmDialog} title=${t('Delete “{title}”?', { title: dropped.title })} confirm=${t('Delete')} onClose=${() => setDropped(null)}
      onConfirm=${async () => {
        await api.delete(`/rooms/${dropped.id}`);
        set((/** @type {Room[] | null} */ list) => (list ?? []).filter((room) => room.id !== dropped.id));
      }}><p>${t('Its link stops working. Orders stay in the shop desk.')}</p><//>`}
  </main>`;
}

/** @param {Room[]} rooms */
function partsOf(rooms) {
  const when = (/** @type {Room} */ room) => room.starts_at ?? '';
  return [
    { id: 'live', title: t('On air'), rooms: rooms.filter((room) => room.state === 'live') },
    { id: 'scheduled', title: t('Coming up'), rooms: rooms.filter((room) => room.state === 'scheduled').sort((a, b) => when(a).localeCompare(when(b))) },
    { id: 'ended', title: t('Over'), rooms: rooms.filter((room) => room.state === 'ended').sort((a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? '')) },
  ];
}

/** @param {{ room: Room, onDrop: () => void }} props */
function RoomRow({ room, onDrop }) {
  const canDrop = room.state !== 'live' && room.can.includes('room.edit');
  return html`<li class=${`studio-room is-${room.state}`}>
    <a class="studio-room-link" href=${`/studio/${room.id}`}>
      <span class="studio-room-cover"><${Cover} id=${room.id} title=${room.store?.title ?? room.title} still=${room.still} /></span>
      <span class="grow">
        <bdi class="studio-room-title">${room.title}</bdi>
        <span class="muted small">${whenWords(room)}${room.store && html` · <bdi>${room.store.title}</bdi>`}</span>
        <span class="row row-wrap studio-room-badges">
          ${room.state === 'live' && html`<${LiveBadge} /><${Badge}>${tn('{n} viewer', '{n} viewers', room.viewers)}<//>`}
          ${room.kind !== 'show' && html`<${Badge}>${kindTitle(room.kind)}<//>`}
          ${room.visibility !== 'public' && html`<${Badge}>${visibilityTitle(room.visibility)}<//>`}
        </span>
      </span>
      <${Icon} name="back" class="studio-room-go" />
    </a>
    ${canDrop && html`<${IconButton} icon="trash" label=${t('Delete “{title}”', { title: room.title })} onClick=${onDrop} />`}
  </li>`;
}

/** @param {Room} room */
function whenWords(room) {
  if (room.state === 'live') return room.started_at ? t('Since {when}', { when: formatDateTime(room.started_at) }) : '';
  if (room.state === 'ended') return room.ended_at ? formatDateTime(room.ended_at) : '';
  return room.starts_at ? `${formatDateTime(room.starts_at)} · ${formatDay(room.starts_at)}` : t('No time set');
}

/** For somebody who has never been on air: the three steps, and which of them is done. @param {{ action: any }} props */
function FirstSteps({ action }) {
  const hasShop = Boolean(me.value?.stores?.length);
  return html`<section class="first-steps card">
    <h2>${t('On air in ten minutes')}</h2>
    <ol class="first-steps-list">
      <li class=${hasShop ? 'is-done' : ''}><span class="first-steps-n">${hasShop ? html`<${Icon} name="check" size=${18} />` : '1'}</span>
        <span class="grow"><strong>${t('Open your shop')}</strong><span class="muted small">${t('A name, a currency, and a few products with photo and price.')}</span></span>
        <${Button} size="s" kind=${hasShop ? 'quiet' : 'secondary'} href="/desk">${t('Shop desk')}<//></li>
      <li><span class="first-steps-n">2</span><span class="grow"><strong>${t('Plan a show')}</strong><span class="muted small">${t('A title and a time, or right now. You get a link to share.')}</span></span></li>
      <li><span class="first-steps-n">3</span><span class="grow"><strong>${t('Go live')}</strong><span class="muted small">${t('This browser is your camera. Pin a product, and viewers buy while they watch.')}</span></span></li>
    </ol>
    ${action}
  </section>`;
}
