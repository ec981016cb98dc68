/** The others on stage, as the studio sees and hears them. */

import { computed, effect, signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { t } from '../../lib/i18n.js';
import { iceServers } from '../../lib/ice-servers.js';
import { Received } from '../../lib/received.js';
import { WhepPlayer } from '../../lib/rtc.js';
import { peopleOnStage, tilesOf } from '../../lib/stage.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

const VIDEO_SLOTS = 4;

/** Watches the others while there are others. */
export class Guests {
  /** @param {{ id: string, state: import('../../lib/room-state.js').RoomState }} session */
  constructor({ id, state }) {
    this.room = id;
    this.state = state;
    this.received = new Received();
    this.watching = signal('');
    this.people = computed(() => peopleOnStage(state.tracks.value, state.speaking.value));
    /** On stage besides me. */
    this.others = computed(() => this.people.value.filter((person) => person.identity !== state.me.value?.identity));
    this.tiles = computed(() => tilesOf(state.slots.value.get(this.watching.value) ?? [], this.people.value));
    /** @type {WhepPlayer | null} */
    this.player = null;
    this.isWanted = false;
  }

  /** @returns {() => void} stops */
  open() {
    const stop = effect(() => this.follow(this.others.value.length > 0));
    const stopAsking = effect(() => {
      const session = this.watching.value;
      if (session && this.state.status.value === 'online' && !this.state.slots.peek().has(session)) this.state.askSlots(session);
    });
    return () => {
      stop();
      stopAsking();
      this.follow(false);
    };
  }

  /** @param {boolean} isWanted */
  follow(isWanted) {
    if (isWanted === this.isWanted) return;
    this.isWanted = isWanted;
    if (isWanted) this.play();
    else {
      this.player?.stop();
      this.player = null;
      this.received.clear();
    }
  }

  play() {
    this.player = new WhepPlayer({
      room: this.room,
      videoSlots: VIDEO_SLOTS,
      iceServers,
      onState: (state) => {
        if (state === 'connecting') this.received.begin();
        if (state === 'connected') this.watching.value = this.player?.sessionId ?? '';
      },
      onTrack: (track, slot) => this.received.take(track, slot),
    });
    this.player.start();
  }
}

/** Their pictures in a strip over mine, and their sound. @param {{ session: StudioSession }} props */
export function GuestStrip({ session }) {
  const { guests } = session;
  const { stream, pictures, voices } = guests.received;
  const tiles = guests.tiles.value;
  const seen = new Set(tiles.map(({ identity }) => identity));
  const unseen = guests.others.value.filter((person) => !seen.has(person.identity)).slice(0, VIDEO_SLOTS);
  if (!guests.others.value.length) return null;
  return html`<ul class="guest-strip" aria-label=${t('On stage with you')}>
    ${tiles.map((tile) => html`<li key=${tile.slot} class=${`tile ${tile.isSpeaking ? 'is-speaking' : ''} ${tile.source === 'screen' ? 'is-screen' : ''}`}>
      <${Picture} stream=${tile.slot ? (pictures.value[tile.slot] ?? null) : stream.value} name=${tile.name} />
      <span class="tile-label"><span class="tile-name">${tile.isMuted && html`<${Icon} name="micOff" size=${16} />`}<bdi>${tile.name}</bdi></span></span>
    </li>`)}
    ${unseen.map((person) => html`<li key=${person.identity} class=${`tile ${person.isSpeaking ? 'is-speaking' : ''}`}>
      <div class="tile-off"><span class="viewer-mark" aria-hidden="true">${[...person.name][0] ?? '?'}</span></div>
      <span class="tile-label"><span class="tile-name">${person.isMuted && html`<${Icon} name="micOff" size=${16} />`}<bdi>${person.name}</bdi></span></span>
    </li>`)}
  </ul>
  <${Sound} stream=${stream.value} />${voices.value.map((voice, i) => voice && html`<${Sound} key=${i} stream=${voice} />`)}`;
}

/** @param {{ stream: MediaStream | null, name: string }} props */
function Picture({ stream, name }) {
  const ref = useRef(/** @type {HTMLVideoElement | null} */ (null));
  useEffect(() => {
    const video = /** @type {HTMLVideoElement} */ (ref.current);
    video.srcObject = stream;
    if (stream) video.play().catch(() => undefined); // without sound it may play; a newer stream may have taken over
  }, [stream]);
  return html`<video ref=${ref} class="tile-video" muted playsinline autoplay aria-label=${name}></video>`;
}

/** @param {{ stream: MediaStream | null }} props */
function Sound({ stream }) {
  const ref = useRef(/** @type {HTMLAudioElement | null} */ (null));
  useEffect(() => {
    const audio = /** @type {HTMLAudioElement} */ (ref.current);
    audio.srcObject = stream;
    if (stream) audio.play().catch(() => undefined); // the page was touched when the show began
  }, [stream]);
  return html`<audio ref=${ref} autoplay></audio>`;
}
