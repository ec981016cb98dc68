import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { tileKey } from '../../lib/stage.js';

/** @typedef {import('./show-session.js').ShowSession} ShowSession */
/** @typedef {import('../../lib/stage.js').Tile} Tile */

/** Sizes are told when they have stood for so long. */
const SETTLE_MS = 400;
/** Speakers without a picture that are named at a time. */
const NAMED = 4;

/** @param {Tile | undefined} tile @param {boolean | undefined} isLarge */
export const tileClass = (tile, isLarge) => `${isLarge ? 'is-large' : ''} ${tile?.isSpeaking ? 'is-speaking' : ''} ${tile?.source === 'screen' ? 'is-screen' : ''}`;

/**
 * The tiles beside the first: one a slot, and my own.
 *
 * @param {{ session: ShowSession, large: Tile | undefined, own: import('./stage-guest.js').Broadcast | null }} props
 */
export function StageTiles({ session, large, own }) {
  const pictures = session.received.pictures.value;
  const tiles = session.tiles.value;
  const first = useRef(/** @type {HTMLElement | null} */ (null));
  useSizes(session, first, tiles.length);
  return html`<span ref=${first} hidden></span>
    ${tiles.filter(({ slot }) => slot > 0).map((tile) => html`<figure key=${tile.slot} data-slot=${tile.slot} class=${`tile ${tileClass(tile, tile === large)}`}>
      <${TilePicture} stream=${pictures[tile.slot] ?? null} name=${tile.name} />
      <${TileLabel} session=${session} tile=${tile} isLarge=${tile === large} />
    </figure>`)}
    ${own && html`<${OwnTile} session=${session} broadcast=${own} />`}`;
}

/** @param {{ stream: MediaStream | null, name: string, isMirror?: boolean }} props */
export function TilePicture({ stream, name, isMirror = false }) {
  const ref = useRef(/** @type {HTMLVideoElement | null} */ (null));
  useEffect(() => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    video.srcObject = stream;
    if (stream) video.play().catch(() => undefined); // without sound it may play; a newer stream may have taken over
  }, [stream]);
  return html`<video ref=${ref} class=${`tile-video ${isMirror ? 'is-mirror' : ''}`} muted playsinline autoplay aria-label=${name}></video>`;
}

/**
 * Name and marks. Pressing it makes the tile large, and small again.
 *
 * @param {{ session: ShowSession, tile: Tile, isLarge: boolean }} props
 */
export function TileLabel({ session, tile, isLarge }) {
  const choose = () => {
    const isChosen = session.chosenTile.value === tileKey(tile);
    session.chosenTile.value = isChosen ? null : tileKey(tile);
    session.layout.value = 'speaker';
  };
  const words = [tile.source === 'screen' ? t('{name}’s screen', { name: tile.name }) : tile.name, tile.isMuted && t('muted'), tile.isSpeaking && t('speaking')].filter(Boolean).join(', ');
  return html`<figcaption class="tile-label">
    <button type="button" class="tile-name" aria-pressed=${isLarge && session.layout.value === 'speaker' ? 'true' : 'false'} aria-label=${words} title=${t('Show large')} onClick=${choose}>
      ${tile.isMuted && html`<${Icon} name="micOff" size=${16} />`}${tile.source === 'screen' && html`<${Icon} name="screen" size=${16} />`}<bdi>${tile.name}</bdi>
    </button>
  </figcaption>`;
}

/** @param {{ session: ShowSession, broadcast: import('./stage-guest.js').Broadcast }} props */
function OwnTile({ session, broadcast }) {
  const isMuted = !broadcast.isMicOn.value || session.state.muted.value.audio;
  const isSpeaking = session.state.speaking.value.includes(session.state.me.value?.identity ?? '');
  return html`<figure class=${`tile tile-own ${isSpeaking ? 'is-speaking' : ''}`}>
    ${broadcast.isCameraOn.value
      ? html`<${TilePicture} key=${broadcast.version.value} stream=${broadcast.stream.value} name=${t('Your picture')} isMirror=${broadcast.facing.value === 'user'} />`
      : html`<div class="tile-off"><${Icon} name="camera" size=${28} /></div>`}
    <figcaption class="tile-label"><span class="tile-name">${isMuted && html`<${Icon} name="micOff" size=${16} />`}${t('You')}</span></figcaption>
  </figure>`;
}

/** All alike, or one large. @param {{ session: ShowSession }} props */
export function LayoutToggle({ session }) {
  const isGrid = session.layout.value === 'grid';
  return html`<${IconButton} kind="video" class="layout-toggle" icon=${isGrid ? 'speaker' : 'grid'} label=${isGrid ? t('Show one large') : t('Show all alike')}
    onClick=${() => (session.layout.value = isGrid ? 'speaker' : 'grid')} />`;
}

/** Who speaks without a picture, and how many are on stage. @param {{ session: ShowSession }} props */
export function Voices({ session }) {
  const people = session.people.value;
  const shown = new Set(session.tiles.value.map(({ identity }) => identity));
  const me = session.state.me.value?.identity;
  const heard = people.filter((person) => person.isSpeaking && !shown.has(person.identity) && person.identity !== me).slice(0, NAMED);
  const isLarge = people.length > 4;
  if (!heard.length && !isLarge) return null;
  return html`<div class="voices">
    ${isLarge && html`<span class="voice voice-count tabular"><${Icon} name="users" size=${16} /><span aria-hidden="true">${formatNumber(people.length)}</span><span class="sr-only">${tn('{n} person on stage', '{n} people on stage', people.length)}</span></span>`}
    ${heard.map((person) => html`<span key=${person.identity} class="voice is-speaking"><${Icon} name="mic" size=${16} /><bdi>${person.name}</bdi><span class="sr-only">${t('speaking')}</span></span>`)}
  </div>`;
}

/**
 * Tell how large the slots stand, once they stand.
 *
 * @param {ShowSession} session
 * @param {import('preact').RefObject<HTMLElement | null>} inside an element among the tiles
 * @param {number} count of tiles
 */
function useSizes(session, inside, count) {
  useEffect(() => {
    const tiles = inside.current?.closest('.tiles');
    if (!tiles) return undefined;
    let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined);
    let told = '';
    const measure = () => {
      const sizes = [...tiles.querySelectorAll('figure')].flatMap((figure) => {
        const slot = figure.classList.contains('tile-main') ? 0 : Number(figure.dataset.slot);
        return Number.isInteger(slot) ? [{ slot, width: Math.round(figure.clientWidth * window.devicePixelRatio) }] : [];
      });
      if (JSON.stringify(sizes) === told) return;
      told = JSON.stringify(sizes);
      session.tellSizes(sizes);
    };
    const observer = new ResizeObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(measure, SETTLE_MS);
    });
    for (const figure of tiles.querySelectorAll('figure')) observer.observe(figure);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [session, count]);
}
