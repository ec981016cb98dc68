import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Header } from '../components/header.js';
import { Icon } from '../components/icon.js';
import { EndedCard, LiveCard, ReplayCard, UpcomingCard, roomOwner } from '../components/room-card.js';
import { EmptyState, ErrorState, Skeleton } from '../components/states.js';
import { api } from '../lib/api.js';
import { locale, t, tn } from '../lib/i18n.js';
import { isSignedIn } from '../lib/session.js';
import { Words } from '../lib/words-state.js';

/** @typedef {import('../lib/types.js').Room} Room */
/** @typedef {{ live: Room[], scheduled: Room[], replays: Room[], ended: Room[], tag: string }} Listing `tag`: the language that it was asked for in */

const REFRESH_MS = 20_000;

/** @param {string} tag @returns {Promise<Listing>} */
async function loadListing(tag) {
  const asked = ['live', 'scheduled', 'ended&replay=1', 'ended'].map((state) => api.get(`/rooms?state=${state}&locale=${tag}`));
  const [live, scheduled, replays, ended] = await Promise.all(asked);
  return { live: live.items, scheduled: scheduled.items, replays: replays.items, ended: ended.items.filter((/** @type {Room} */ room) => !room.replay), tag };
}

/** What a shop says of a room in my language, as far as that is there. @param {Room} room @param {Listing} listing */
const wordsOf = (room, listing) => new Words(listing.tag === locale() ? (room.texts ?? []) : []);

/** The listing, refreshed while the page is in view. */
function useListing() {
  const [listing, setListing] = useState(/** @type {Listing | null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const tag = locale();
  const wanted = useRef(tag);
  wanted.current = tag;
  const load = () =>
    loadListing(wanted.current).then((found) => {
      if (found.tag !== wanted.current) return; // the language is another by now, and asked for
      setListing(found);
      setError(null);
    }, setError);
  useEffect(() => {
    load();
    const refresh = () => document.visibilityState === 'visible' && load();
    const timer = setInterval(refresh, REFRESH_MS);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [tag]);
  return { listing, error, load };
}

/** By what is written, and by what stands for it in my language. @param {Room[]} rooms @param {string} query */
function matching(rooms, query) {
  const words = query.toLocaleLowerCase(locale()).split(/\s+/).filter(Boolean);
  return rooms.filter((room) => {
    const text = [room.title, roomOwner(room), room.description, ...(room.texts ?? []).map((said) => said.text)].join(' ').toLocaleLowerCase(locale());
    return words.every((word) => text.includes(word));
  });
}

export default function StartPage() {
  const { listing, error, load } = useListing();
  const [query, setQuery] = useState('');
  return html`<${Header} current="start" />
    <main id="main" class="page start">
      <${Welcome} query=${query} onQuery=${setQuery} />
      ${error && !listing && html`<${ErrorState} error=${error} title=${t('The shows could not be loaded')} onRetry=${load} />`}
      ${!listing && !error && html`<${StartSkeleton} />`}
      ${listing && html`<${Sections} listing=${listing} query=${query} onClear=${() => setQuery('')} />`}
      <${SellLive} />
    </main>`;
}

/** @param {{ query: string, onQuery: (query: string) => void }} props */
function Welcome({ query, onQuery }) {
  return html`<section class="welcome">
    <h1 class="welcome-title">${t('Watch live. Ask anything. Buy while it is on.')}</h1>
    <label class="search">
      <span class="sr-only">${t('Search shows and shops')}</span>
      <${Icon} name="search" />
      <input type="search" value=${query} placeholder=${t('Search shows and shops')} onInput=${(/** @type {any} */ event) => onQuery(event.currentTarget.value)} />
    </label>
  </section>`;
}

/** @param {{ listing: Listing, query: string, onClear: () => void }} props */
function Sections({ listing, query, onClear }) {
  const live = matching(listing.live, query);
  const scheduled = matching(listing.scheduled, query);
  const replays = matching(listing.replays, query);
  const ended = matching(listing.ended, query);
  const total = live.length + scheduled.length + replays.length + ended.length;
  if (query.trim() && !total) {
    return html`<${EmptyState} icon="search" title=${t('Nothing found for “{query}”', { query: query.trim() })} action=${html`<${Button} onClick=${onClear}>${t('Show everything')}<//>`}>
      ${t('Try another word, or the name of a shop.')}
    <//>`;
  }
  return html`
    ${query.trim() && html`<p class="sr-only" role="status">${tn('{n} show found', '{n} shows found', total)}</p>`}
    ${(live.length > 0 || !query.trim()) &&
    html`<section class="start-section" aria-labelledby="live-now">
      <h2 id="live-now">${t('Live now')}</h2>
      ${live.length
        ? html`<ul class="live-grid">${live.map((room) => html`<li key=${room.id}><${LiveCard} room=${room} words=${wordsOf(room, listing)} /></li>`)}</ul>`
        : html`<div class="card"><${EmptyState} icon="live" title=${t('Nobody is live at the moment')}>
            ${scheduled.length ? t('Set a reminder for one of the shows below.') : t('Shows appear here the moment they begin.')}
          <//></div>`}
    </section>`}
    ${scheduled.length > 0 &&
    html`<section class="start-section" aria-labelledby="coming-up">
      <h2 id="coming-up">${t('Coming up')}</h2>
      <ul class="upcoming-list">${scheduled.map((room) => html`<li key=${room.id}><${UpcomingCard} room=${room} words=${wordsOf(room, listing)} /></li>`)}</ul>
    </section>`}
    ${replays.length > 0 &&
    html`<section class="start-section" aria-labelledby="replays">
      <h2 id="replays">${t('Watch again')}</h2>
      <ul class="live-grid">${replays.map((room) => html`<li key=${room.id}><${ReplayCard} room=${room} words=${wordsOf(room, listing)} /></li>`)}</ul>
    </section>`}
    ${ended.length > 0 &&
    html`<section class="start-section" aria-labelledby="ended">
      <h2 id="ended">${t('Recently live')}</h2>
      <ul class="ended-list">${ended.map((room) => html`<li key=${room.id}><${EndedCard} room=${room} words=${wordsOf(room, listing)} /></li>`)}</ul>
    </section>`}`;
}

function StartSkeleton() {
  return html`<section class="start-section" aria-label=${t('Loading…')}>
    <${Skeleton} class="skeleton-title" />
    <div class="live-grid">${[1, 2, 3, 4].map((n) => html`<${Skeleton} key=${n} class="skeleton-live" />`)}</div>
  </section>`;
}

function SellLive() {
  return html`<section class="sell" aria-labelledby="sell-live">
    <div class="grow">
      <h2 id="sell-live">${t('Have a shop? Sell live.')}</h2>
      <p>${t('Add your products, open your camera, and you are on air. Viewers chat in their own language and buy without leaving the stream.')}</p>
    </div>
    <${Button} kind="primary" size="l" icon="live" href=${isSignedIn() ? '/studio' : '/signup?next=%2Fstudio'}>${t('Sell live')}<//>
  </section>`;
}
