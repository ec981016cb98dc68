import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { ChatList } from '../../components/chat-list.js';
import { GoOnStage } from './go-on-stage.js';
import { OnStageBar } from './on-stage-bar.js';
import { ConsentChoice, RecordingNotice, useConsent } from '../../components/recording-notice.js';
import { useReadAloud } from '../../components/read-aloud.js';
import { MemberDialog } from '../../components/member-dialog.js';
import { errorText, ReconnectBanner } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { SpentNote } from '../../components/said.js';
import { WrongTranslation } from '../../components/wrong-translation.js';
import { locale, t } from '../../lib/i18n.js';
import { useMedia } from '../../lib/use-media.js';
import { AfterShow, BeforeShow, Removed } from './around-show.js';
import { useChatActions } from './chat-actions.js';
import { CaptionBand } from '../../components/captions.js';
import { ChatOverlay } from './chat-overlay.js';
import { Checkout } from './checkout.js';
import { Controls } from './controls.js';
import { InterpreterBar } from './interpreter-bar.js';
import { NameDialog } from './name-dialog.js';
import { AnnouncementBanner, PinnedLine, TypingLine } from '../../components/pinned-line.js';
import { ChatContext, ChatSearch } from '../../components/chat-search.js';
import { ClaimCards } from './claim-view.js';
import { AuctionCards } from './auction-card.js';
import { CouponCards } from './coupon-view.js';
import { PinnedCard } from './pinned-card.js';
import { OpenProduct } from './product-sheet.js';
import { PurchaseLine } from './purchase-line.js';
import { ReplayView } from './replay-view.js';
import { Reactions } from './reactions.js';
import { SidePanel } from './side-panel.js';
import { Stage } from './stage.js';
import { isForPage, StatsCorner } from './stats-corner.js';
import { TogetherCard } from './together-card.js';
import { TogetherSheet } from './together-sheet.js';
import { TopBar } from './top-bar.js';
import { TraySheet, TrayStrip } from './tray.js';

/** Beside each other: on desktops, and on a phone held sideways. */
const BESIDE = '(min-width: 900px), (orientation: landscape) and (max-height: 500px)';
const ROOM_FOR_STRIP = '(min-width: 900px) and (min-height: 560px)';

/** @typedef {import('./show-session.js').ShowSession} ShowSession */
/** @typedef {{ kind: 'tray' } | { kind: 'chat' } | { kind: 'buy', lines: { offer: string, quantity: number }[] } | { kind: 'won', auction: string } | { kind: 'ticket', order: string } | { kind: 'stage' } | { kind: 'together' }
 *   | { kind: 'search' } | { kind: 'line', id: string, seq: number } | null} Open */

/**
 * The room as people see it: the stage, and around it what the width allows.
 *
 * @param {{ session: ShowSession, onRejoin: () => void }} props
 */
export function RoomScreen({ session, onRejoin }) {
  const { state } = session;
  const [open, setOpen] = useState(/** @type {Open} */ (null));
  const isBeside = useMedia(BESIDE);
  const hasStrip = useMedia(ROOM_FOR_STRIP);
  const chat = useChatActions(session);
  const room = /** @type {import('../../lib/types.js').Room} */ (state.room.value);
  const isShow = room.kind === 'show';
  const isLive = room.state === 'live';
  const sells = isShow && isLive;
  useReadAloud(state);
  const consent = useConsent(room, Boolean(state.me.value));
  const canPublish = state.me.value?.can.includes('publish') ?? room.can.includes('publish');
  const hasReplay = room.state === 'ended' && Boolean(room.replay);
  const actions = useMemo(
    () => ({
      tray: () => setOpen({ kind: 'tray' }),
      chat: () => setOpen({ kind: 'chat' }),
      buy: (/** @type {string} */ offer) => setOpen({ kind: 'buy', lines: [{ offer, quantity: 1 }] }),
      bag: () => setOpen({ kind: 'buy', lines: session.cart.lines.peek() }),
      won: (/** @type {string} */ auction) => setOpen({ kind: 'won', auction }),
      ticket: (/** @type {string} */ order) => setOpen({ kind: 'ticket', order }),
      stage: () => setOpen({ kind: 'stage' }),
      together: () => setOpen({ kind: 'together' }),
      search: () => setOpen({ kind: 'search' }),
      line: (/** @type {import('../../lib/types.js').QuotedLine} */ { id, seq }) => setOpen({ kind: 'line', id, seq }),
      close: () => setOpen(null),
    }),
    [],
  );

  useWordsAfterwards(session, room);
  const title = state.words.plain(room.title);
  useEffect(() => void (document.title = `${title} · livehub`), [title]);
  const refused = state.claimRefused.value;
  useEffect(() => {
    if (refused) toast(errorText(refused), { kind: 'bad' });
    state.claimRefused.value = null;
  }, [refused]);
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key.toLowerCase() === 's' && isForPage(event)) session.showsStats.value = !session.showsStats.value;
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  if (state.removed.value || state.refused.value) return html`<${Removed} session=${session} onRejoin=${onRejoin} />`;
  return html`<div class=${`room ${isBeside ? 'is-beside' : 'is-full'} ${hasStrip && sells ? 'has-strip' : ''} is-${room.state}`}>
    <a class="skip-link" href="#message">${t('Skip to the chat')}</a>
    <${ReconnectBanner} visible=${state.status.value === 'reconnecting'} isRestarting=${state.restarting.value} />
    <main class="stage-area" id="main">
      <h1 class="sr-only">${title}</h1>
      <${Stage} session=${session}>
        ${room.state === 'scheduled' && html`<${BeforeShow} session=${session} />`}
        ${room.state === 'ended' && !hasReplay && html`<${AfterShow} session=${session} />`}
        ${hasReplay && html`<${ReplayView} session=${session} onChat=${isBeside ? undefined : actions.chat} onBuy=${actions.buy} onTray=${actions.tray} />`}
      <//>
      <${TopBar} session=${session} onTogether=${actions.together} />
      ${room.state !== 'ended' && html`<${AnnouncementBanner} session=${session} />`}
      ${isLive && session.showsStats.value && html`<${StatsCorner} session=${session} onClose=${() => (session.showsStats.value = false)} />`}
      ${isLive && html`<${Reactions} session=${session} />`}
      ${!isBeside &&
      room.state !== 'ended' &&
      html`<div class="float">
        ${isLive && html`<${CaptionBand} lines=${state.captions.shown.value} />`}
        ${isLive && html`<${PurchaseLine} session=${session} />`}
        ${isLive && html`<${PinnedLine} session=${session} onOpen=${actions.chat} />`}
        ${isLive && html`<${ChatOverlay} session=${session} onOpen=${actions.chat} onRetry=${chat.retry} onWrong=${chat.setWrong} />`}
        ${isLive && html`<${SpentNote} words=${state.words} />`}
        ${isLive && html`<${TogetherCard} session=${session} onOpen=${actions.together} />`}
        ${sells && html`<${AuctionCards} session=${session} onOrder=${actions.won} />`}
        ${isLive && sells && html`<${CouponCards} session=${session} />`}
        ${sells && html`<${ClaimCards} session=${session} onBuy=${actions.buy} />`}
        ${sells && html`<${PinnedCard} session=${session} onBuy=${actions.buy} />`}
        ${isLive && session.guest.isOnStage.value && html`<${ConsentChoice} consent=${consent} />`}
        ${isLive && html`<${InterpreterBar} session=${session} />`}
        ${isLive && html`<${OnStageBar} session=${session} />`}
        <${Controls} session=${session} chat=${chat} kind="video" hasBag=${sells} onTray=${actions.tray} onStage=${actions.stage} onChat=${isLive ? undefined : actions.chat} />
      </div>`}
      ${isBeside && isLive && html`<div class="float float-line"><${CaptionBand} lines=${state.captions.shown.value} /><${PurchaseLine} session=${session} />${sells && html`<${AuctionCards} session=${session} onOrder=${actions.won} />`}${session.guest.isOnStage.value && html`<${ConsentChoice} consent=${consent} />`}<${InterpreterBar} session=${session} /><${OnStageBar} session=${session} /></div>`}
    </main>
    ${room.state === 'ended' && isShow && session.auctions.won.value.length > 0 && html`<div class="float float-line after-won"><${AuctionCards} session=${session} onOrder=${actions.won} /></div>`}
    ${hasStrip && sells && html`<${TrayStrip} session=${session} onBuy=${actions.buy} onTray=${actions.tray} />`}
    ${isBeside && html`<${SidePanel} session=${session} chat=${chat} hasBag=${sells && !hasStrip} onTray=${actions.tray} onStage=${actions.stage} onTogether=${actions.together} onSearch=${actions.search} onMissing=${actions.line} />`}
    ${open?.kind === 'search' && html`<${ChatSearch} room=${session.id} onClose=${actions.close} />`}
    ${open?.kind === 'line' && html`<${ChatContext} room=${session.id} spot=${open} onClose=${actions.close} />`}
    ${open?.kind === 'together' && html`<${TogetherSheet} session=${session} onClose=${actions.close} />`}
    ${open?.kind === 'chat' &&
    html`<${Dialog} shape="sheet" class="chat-sheet" title=${t('Chat')} onClose=${actions.close}
      footer=${room.state !== 'ended' && html`<${TypingLine} session=${session} /><${Controls} session=${session} chat=${chat} kind="page" />`}>
      <div class="chat-sheet-top">${room.state !== 'ended' && html`<${PinnedLine} session=${session} />`}<${Button} size="s" kind="quiet" icon="search" onClick=${actions.search}>${t('Search the chat')}<//></div>
      <${ChatList} messages=${hasReplay ? session.replayChat.shown.value : state.messages.value} myIdentity=${state.me.value?.identity} onRetry=${chat.retry} actions=${chat.moderation} withTime
        onReply=${room.state === 'ended' ? undefined : chat.reply} onMissing=${actions.line} onWrong=${chat.setWrong} />
    <//>`}
    ${isLive && !session.guest.isOnStage.value && (open?.kind === 'stage' || state.invitation.value) && html`<${GoOnStage} session=${session} onClose=${actions.close} />`}
    ${open?.kind === 'tray' && html`<${TraySheet} session=${session} onBuy=${actions.buy} onOrder=${actions.won} onCheckout=${actions.bag} onTicket=${actions.ticket} onClose=${actions.close} />`}
    ${open?.kind === 'buy' && html`<${Checkout} key=${JSON.stringify(open.lines)} session=${session} lines=${open.lines} onClose=${actions.close} />`}
    ${open?.kind === 'won' && html`<${Checkout} key=${open.auction} session=${session} auctionId=${open.auction} onClose=${actions.close} />`}
    ${open?.kind === 'ticket' && html`<${Checkout} key=${open.order} session=${session} orderId=${open.order} onClose=${actions.close} />`}
    <${OpenProduct} session=${session} onBuy=${actions.buy} />
    ${chat.chosen && html`<${MemberDialog} session=${session} identity=${chat.chosen.author.identity} name=${chat.chosen.author.display_name} message=${chat.chosen} onClose=${chat.unchoose} />`}
    ${chat.wrong && html`<${WrongTranslation} room=${session.id} message=${chat.wrong} onClose=${() => chat.setWrong(null)} />`}
    <${RecordingNotice} consent=${consent} canPublish=${canPublish} isHost=${state.me.value?.role === 'host'} />
    ${chat.waiting !== null && html`<${NameDialog} session=${session} onClose=${chat.forget} onNamed=${chat.sendWaiting} />`}
  </div>`;
}

/**
 * What the shop says in a room that is over: nobody is in it to be told.
 *
 * @param {ShowSession} session
 * @param {import('../../lib/types.js').Room} room
 */
function useWordsAfterwards(session, room) {
  const isOver = room.state === 'ended';
  const known = useRef(locale());
  useEffect(() => {
    if (!isOver) return;
    if (known.current !== locale()) session.state.words.install({});
    known.current = locale();
    session.loadWords().catch((error) => console.warn('livehub: translations are not known', error));
  }, [isOver, room.replay, locale()]);
}
