import { html } from 'htm/preact';
import { formatDateTime, formatDay } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Badge, LiveBadge, ViewerCount } from './badge.js';
import { Icon } from './icon.js';
import { Cover } from './picture.js';
import { RemindButton } from './remind-button.js';

/** @typedef {import('../lib/types.js').Room} Room */

/** Who is behind a room: the shop, else the host. @param {Room} room */
export const roomOwner = (room) => room.store?.title ?? room.host.display_name;

/** @param {Room['kind']} kind */
export const kindWord = (kind) => ({ show: '', expert: t('Expert room'), class: t('Class') })[kind];

/** A tall card: what is on air now. @param {{ room: Room }} props */
export function LiveCard({ room }) {
  return html`<a class="live-card" href=${`/r/${room.id}`}>
    <${Cover} id=${room.id} title=${roomOwner(room)} still=${room.still} />
    <span class="live-card-top"><${LiveBadge} /><${ViewerCount} count=${room.viewers} /></span>
    <span class="live-card-text">
      <span class="live-card-title"><bdi>${room.title}</bdi></span>
      <span class="live-card-owner"><bdi>${roomOwner(room)}</bdi>${kindWord(room.kind) && html`<${Badge} tone="video">${kindWord(room.kind)}<//>`}</span>
    </span>
  </a>`;
}

/** A wide card: what comes. @param {{ room: Room }} props */
export function UpcomingCard({ room }) {
  return html`<article class="upcoming-card">
    <a class="upcoming-cover" href=${`/r/${room.id}`} tabindex="-1" aria-hidden="true"><${Cover} id=${room.id} title=${roomOwner(room)} /></a>
    <div class="upcoming-text">
      ${room.starts_at && html`<p class="upcoming-when"><time dateTime=${room.starts_at}>${formatDateTime(room.starts_at)}</time> · ${formatDay(room.starts_at)}</p>`}
      <h3 class="upcoming-title"><a href=${`/r/${room.id}`}><bdi>${room.title}</bdi></a></h3>
      <p class="muted small"><bdi>${roomOwner(room)}</bdi></p>
    </div>
    ${room.starts_at && html`<${RemindButton} room=${room} size="s" />`}
  </article>`;
}

/** A tall card: what can be watched again. @param {{ room: Room }} props */
export function ReplayCard({ room }) {
  return html`<a class="live-card" href=${`/r/${room.id}`}>
    <${Cover} id=${room.id} title=${roomOwner(room)} still=${room.still} />
    <span class="live-card-top"><span class="badge badge-video"><${Icon} name="play" size=${15} /></span></span>
    <span class="live-card-text">
      <span class="live-card-title"><bdi>${room.title}</bdi></span>
      <span class="live-card-owner"><bdi>${roomOwner(room)}</bdi>${room.ended_at && html` · <time dateTime=${room.ended_at}>${formatDay(room.ended_at)}</time>`}</span>
    </span>
  </a>`;
}

/** A quiet row: what is over. @param {{ room: Room }} props */
export function EndedCard({ room }) {
  return html`<a class="ended-card" href=${`/r/${room.id}`}>
    <span class="ended-cover"><${Cover} id=${room.id} title=${roomOwner(room)} /></span>
    <span class="grow">
      <span class="ended-title"><bdi>${room.title}</bdi></span>
      <span class="muted small"><bdi>${roomOwner(room)}</bdi>${room.ended_at && html` · <time dateTime=${room.ended_at}>${formatDay(room.ended_at)}</time>`}</span>
    </span>
  </a>`;
}
