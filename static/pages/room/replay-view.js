import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { CaptionBand, CaptionSwitch } from '../../components/captions.js';
import { ChatLine } from '../../components/chat-list.js';
import { Said, useSaid } from '../../components/said.js';
import { ErrorState } from '../../components/states.js';
import { Price } from '../../components/price.js';
import { roomOwner } from '../../components/room-card.js';
import { formatClock, formatDateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { chapterAt, loadChapters, playReplay } from '../../lib/replay.js';
import { BuyButton } from './buy-button.js';
import { OfferFacts } from './offer-facts.js';
import { ReplayChannelPicker } from './replay-channel.js';
import { PictureButton } from './product-sheet.js';
import { cuesAt } from '../../lib/replay-captions.js';
import { useCues, WhatWasSaid } from './replay-said.js';
import { shareRoom } from './top-bar.js';

/** @typedef {import('../../lib/types.js').Chapter} Chapter */

/**
 * The show again: the browser's own controls, which know keyboard, screen reader and full screen, and below them the chapters.
 *
 * @param {{ session: import('./show-session.js').ShowSession, onChat?: () => void, onBuy: (offer: string) => void, onTray: () => void }} props
 *   `onChat` opens the chat where it does not stand beside
 */
export function ReplayView({ session, onChat, onBuy, onTray }) {
  const room = /** @type {import('../../lib/types.js').Room} */ (session.state.room.value);
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [failure, setFailure] = useState(/** @type {Error | null} */ (null));
  const [attempt, setAttempt] = useState(0);
  const [chapters, setChapters] = useState(/** @type {Chapter[]} */ ([]));
  const [current, setCurrent] = useState(-1);
  const [timeS, setTimeS] = useState(0);
  const { words } = session.state;
  const replay = room.replay ?? '';

  useEffect(() => {
    let isGone = false;
    setFailure(null);
    const playing = playReplay(/** @type {HTMLVideoElement} */ (video.current), replay, setFailure);
    playing.then((end) => isGone && end(), setFailure);
    session.loadReplayOffers().catch((error) => console.warn('livehub: what can be bought is not known', error));
    loadChapters(room.id).then((found) => isGone || setChapters(found), (error) => console.warn('livehub: no chapters', error));
    return () => {
      isGone = true;
      playing.then((end) => end(), () => undefined);
    };
  }, [replay, attempt]);

  const show = (/** @type {{ start_s: number }} */ chapter) => {
    const shown = /** @type {HTMLVideoElement} */ (video.current);
    shown.currentTime = chapter.start_s;
    shown.play().catch((error) => console.warn('livehub: the browser does not play', error));
  };
  const follow = () => {
    const atS = video.current?.currentTime ?? 0;
    setCurrent(chapterAt(chapters, atS));
    setTimeS(atS);
    session.replayChat.follow(atS);
  };
  useEffect(() => {
    session.replayChat.follow(0);
  }, []);
  const offers = session.state.offers.value;
  const shown = offers.find(({ id }) => id === chapters[current]?.offer);
  const said = session.replayChat.shown.value.slice(-3);
  const cues = useCues(room.id);
  const now = cuesAt(cues, timeS).map((cue) => ({ id: String(cue.start_s), text: cue.text, locale: cue.locale }));

  return html`<div class="replay">
    <div class="replay-picture">
      <video ref=${video} class="replay-video" controls playsinline preload="metadata" poster=${session.still.value ?? undefined}
        aria-label=${t('Recording of {title}', { title: words.plain(room.title) })} onTimeUpdate=${follow} onSeeked=${follow}></video>
      <div class="replay-captions"><${CaptionBand} lines=${now} /></div>
      ${failure && html`<div class="replay-failure"><${ErrorState} error=${failure} title=${t('The recording cannot be played')} onRetry=${() => setAttempt((n) => n + 1)} /></div>`}
    </div>
    <div class="replay-about">
      <div class="replay-text">
        <h2 class="replay-title"><${Said} words=${words} text=${room.title} /></h2>
        <p class="replay-when"><bdi>${roomOwner(room)}</bdi>${room.started_at && html` · <time dateTime=${room.started_at}>${formatDateTime(room.started_at)}</time>`}</p>
      </div>
      <div class="row row-wrap">
        <${Button} icon="share" class="button-glass" size="s" onClick=${() => shareRoom(room)}>${t('Share')}<//>
        ${cues.length > 0 && html`<${CaptionSwitch} />`}
        <${ReplayChannelPicker} session=${session} video=${video} />
        <${Button} class="button-glass" size="s" href="/">${t('See what is live')}<//>
      </div>
    </div>
    ${shown && html`<section class="replay-offer" aria-label=${t('Shown at this moment')}>
      <${PictureButton} session=${session} offer=${shown} />
      <div class="grow"><h3 class="replay-offer-title"><${Said} words=${words} text=${shown.title} /></h3><${OfferFacts} offer=${shown} /></div>
      <${BuyButton} words=${words} offer=${shown} onBuy=${onBuy} />
    </section>`}
    ${(offers.length > 0 || session.state.orders.value.size > 0) && html`<div class="row"><${Button} icon="bag" class="button-glass" size="s" aria-haspopup="dialog" onClick=${onTray}>${t('For sale in this show')}<//></div>`}
    ${onChat && html`<section class="replay-chat" aria-label=${t('Chat')}>
      <ol class="chat-list">${said.map((message) => html`<${ChatLine} key=${message.id} message=${message} />`)}</ol>
      <${Button} class="button-glass" size="s" icon="chat" aria-haspopup="dialog" onClick=${onChat}>${t('Open the whole chat')}<//>
    </section>`}
    ${chapters.length > 0 &&
    html`<nav class="replay-chapters" aria-labelledby="chapters">
      <h3 id="chapters" class="replay-chapters-title">${t('Shown in this show')}</h3>
      <ol class="replay-chapter-list">
        ${chapters.map(
          (chapter, index) => html`<li key=${index}>
            <${ChapterButton} words=${words} chapter=${chapter} isCurrent=${index === current} onShow=${show} />
            <${ChapterBuy} words=${words} offer=${offers.find(({ id }) => id === chapter.offer)} onBuy=${onBuy} />
          </li>`,
        )}
      </ol>
    </nav>`}
    <${WhatWasSaid} cues=${cues} onShow=${show} />
  </div>`;
}

/** The way to a chapter, and beside it to what the shop wrote. @param {{ words: import('../../lib/words-state.js').WordsState, chapter: Chapter, isCurrent: boolean, onShow: (chapter: Chapter) => void }} props */
function ChapterButton({ words, chapter, isCurrent, onShow }) {
  const { shown, lang, mark } = useSaid(words, chapter.title);
  return html`<span class="replay-chapter-way">
    <button type="button" class="replay-chapter" aria-current=${isCurrent ? 'true' : undefined} onClick=${() => onShow(chapter)}>
      <bdi class="replay-chapter-title" lang=${lang}>${shown}</bdi><span class="tabular replay-chapter-time">${formatClock(chapter.start_s)}</span>
    </button>
    ${mark}
  </span>`;
}

/** The price and the button of what a chapter shows. @param {{ words: import('../../lib/words-state.js').WordsState, offer?: import('../../lib/types.js').Offer, onBuy: (offer: string) => void }} props */
function ChapterBuy({ words, offer, onBuy }) {
  if (!offer) return null;
  return html`<span class="replay-chapter-buy"><${Price} price=${offer.price} list=${offer.list_price} /><${BuyButton} words=${words} offer=${offer} onBuy=${onBuy} size="s" /></span>`;
}
