import { html } from 'htm/preact';
import { formatDateTime, formatDay } from '../lib/format.js';
import { locale, t } from '../lib/i18n.js';
import { Badge, LiveBadge, ViewerCount } from './badge.js';
import { Icon } from './icon.js';
import { Cover } from './picture.js';
import { RemindButton } from './remind-button.js';
import { useSaid } from './said.js';

/** @typedef {import('../lib/types.js').Room} Room */
/** @typedef {{ room: Room, words: import('../lib/words-state.js').Words }} Card `words` of the room in my language */

/** Who is behind a room: the shop, else the host. @param {Room} room */
export const roomOwner = (room) => room.store?.title ?? room.host.display_name;

/** @param {Room['kind']} kind */
export const kindWord = (kind) => ({ show: '', expert: t('Expert room'), class: t('Class') })[kind];

/** Of a card that is a link as a whole: the shop's own words are behind the pointer, and a tap away on the room's page. @param {Card} props */
function Title({ room, words }) {
  const found = words.of(room.title);
  return found ? html`<bdi lang=${locale()} title=${room.title}>${found.text}</bdi>` : html`<bdi>${room.title}</bdi>`;
}

/** A tall card: what is on air now. @param {Card} props */
export function LiveCard({ room, words }) {
  return html`<a class="live-card" href=${`/r/${room.id}`}>
    <${Cover} id=${room.id} title=${roomOwner(room)} still=${room.still} />
    <span class="live-card-top"><${LiveBadge} /><${ViewerCount} count=${room.viewers} /></span>
    <span class="live-card-text">
      <span class="live-card-title"><${Title} room=${room} words=${words} /></span>
      <span class="live-card-owner"><bdi>${roomOwner(room)}</bdi>${kindWord(room.kind) && html`<${Badge} tone="video">${kindWord(room.kind)}<//>`}</span>
    </span>
  </a>`;
}

/** A wide card: what comes. @param {Card} props */
export function UpcomingCard({ room, words }) {
  const { shown, lang, mark } = useSaid(words, room.title);
  return html`<article class="upcoming-card">
    <a class="upcoming-cover" href=${`/r/${room.id}`} tabindex="-1" aria-hidden="true"><${Cover} id=${room.id} title=${roomOwner(room)} /></a>
    <div class="upcoming-text">
      ${room.starts_at && html`<p class="upcoming-when"><time dateTime=${room.starts_at}>${formatDateTime(room.starts_at)}</time> · ${formatDay(room.starts_at)}</p>`}
      <h3 class="upcoming-title"><a href=${`/r/${room.id}`}><bdi lang=${lang}>${shown}</bdi></a>${mark}</h3>
      <p class="muted small"><bdi>${roomOwner(room)}</bdi></p>
    </div>
    ${room.starts_at && html`<${RemindButton} room=${room} size="s" />`}
  </article>`;
}

/** A tall card: what can be watched again. @param {Card} props */
export function ReplayCard({ room, words }) {
  return html`<a class="live-card" href=${`/r/${room.id}`}>
    <${Cover} id=${room.id} title=${roomOwner(room)} still=${room.still} />
    <span class="live-card-top"><span class="badge badge-video"><${Icon} name="play" size=${15} /></span></span>
    <span class="live-card-text">
      <span class="live-card-title"><${Title} room=${room} words=${words} /></span>
      <span class="live-card-owner"><bdi>${roomOwner(room)}</bdi>${room.ended_at && html` · <time dateTime=${room.ended_at}>${formatDay(room.ended_at)}</time>`}</span>
    </span>
  </a>`;
}

/** A quiet row: what is over. @param {Card} props */
export function EndedCard({ room, words }) {
  return html`<a class="ended-card" href=${`/r/${room.id}`}>
    <span class="ended-cover"><${Cover} id=${room.id} title=${roomOwner(room)} /></span>
    <span class="grow">
      <span class="ended-title"><${Title} room=${room} words=${words} /></span>
      <span class="muted small"><bdi>${roomOwner(room)}</bdi>${room.ended_at && html` · <time dateTime=${room.ended_at}>${formatDay(room.ended_at)}</time>`}</span>
    </span>
  </a>`;
}
