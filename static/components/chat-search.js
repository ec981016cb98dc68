import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { locale, t } from '../lib/i18n.js';
import { mergeMessages } from '../lib/room-state.js';
import { Button } from './button.js';
import { ChatLine, ChatList } from './chat-list.js';
import { Dialog } from './dialog.js';
import { refusalText } from './refusal.js';
import { EmptyState } from './states.js';

/** @typedef {import('../lib/types.js').Message} Message */
/** @typedef {{ id: string, seq: number }} Spot a line's id and number */

const PAUSE_MS = 350;
const AROUND = 12;
/** Pages without a find are passed over, as many at a time. */
const MOST_EMPTY_PAGES = 8;

/** Looking through what was said; a line that is chosen is shown among its neighbours. @param {{ room: string, onClose: () => void }} props */
export function ChatSearch({ room, onClose }) {
  const [query, setQuery] = useState('');
  const [found, setFound] = useState(/** @type {Message[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const [spot, setSpot] = useState(/** @type {Spot | null} */ (null));
  const asked = useRef(0);

  const look = async (/** @type {string} */ wanted, /** @type {string | null} */ from = null) => {
    const turn = ++asked.current;
    setBusy(true);
    setProblem('');
    try {
      let page = { items: /** @type {Message[]} */ ([]), next: from };
      for (let n = 0; n < MOST_EMPTY_PAGES && !page.items.length && (n === 0 || page.next); n++) {
        const after = page.next ? `&after=${page.next}` : '';
        page = await api.get(`/rooms/${encodeURIComponent(room)}/messages/search?q=${encodeURIComponent(wanted)}&locale=${locale()}&limit=30${after}`);
        if (turn !== asked.current) return;
      }
      setFound((known) => (from ? [...(known ?? []), ...page.items] : page.items));
      setNext(page.next);
    } catch (error) {
      if (turn === asked.current) setProblem(refusalText(error));
    } finally {
      if (turn === asked.current) setBusy(false);
    }
  };
  useEffect(() => {
    const wanted = query.trim();
    asked.current++;
    if (!wanted) {
      setFound(null);
      setBusy(false);
      return undefined;
    }
    const timer = setTimeout(() => look(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query]);

  if (spot) return html`<${ChatContext} room=${room} spot=${spot} onBack=${() => setSpot(null)} onClose=${onClose} />`;
  return html`<${Dialog} shape="sheet" title=${t('Search the chat')} onClose=${onClose}>
    <div class="stack">
      <label><span class="sr-only">${t('Search the chat')}</span>
        <input class="input" type="search" dir="auto" maxlength="100" placeholder=${t('Words that were said')} value=${query} autocomplete="off" autofocus
          onInput=${(/** @type {any} */ event) => setQuery(event.currentTarget.value)} /></label>
      ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
      <div aria-live="polite" aria-busy=${isBusy ? 'true' : 'false'}>
        ${found && !found.length && !isBusy && html`<${EmptyState} icon="search" title=${t('Nothing was found')}>${t('Try fewer words, or another spelling.')}<//>`}
      </div>
      <ol class="chat-list chat-found">
        ${found?.map((message) => html`<${ChatLine} key=${message.id} message=${message} withTime
          actions=${() => html`<${Button} size="s" kind="quiet" onClick=${() => setSpot(message)}>${t('Show')}<span class="sr-only"> ${message.author.display_name}</span><//>`} />`)}
      </ol>
      ${next && found && html`<${Button} busy=${isBusy} onClick=${() => look(query.trim(), next)}>${t('Search further back')}<//>`}
    </div>
  <//>`;
}

/** A line among those before and after it. @param {{ room: string, spot: Spot, onBack?: () => void, onClose: () => void }} props */
export function ChatContext({ room, spot, onBack, onClose }) {
  const [lines, setLines] = useState(/** @type {Message[] | null} */ (null));
  const [problem, setProblem] = useState('');
  useEffect(() => {
    let isGone = false;
    const path = `/rooms/${encodeURIComponent(room)}/messages?locale=${locale()}&limit=${AROUND}`;
    Promise.all([api.get(`${path}&before=${spot.seq + 1}`), api.get(`${path}&after=${spot.seq}`)]).then(
      ([before, after]) => isGone || setLines(mergeMessages(before.items, after.items)),
      (error) => isGone || setProblem(refusalText(error)),
    );
    return () => {
      isGone = true;
    };
  }, [room, spot.id]);
  return html`<${Dialog} shape="sheet" class="chat-sheet" title=${t('In the chat')} onBack=${onBack} onClose=${onClose}>
    ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
    ${lines && html`<${ChatList} messages=${lines} withTime spot=${spot.id} />`}
  <//>`;
}
