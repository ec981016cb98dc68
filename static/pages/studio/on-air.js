import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Icon } from '../../components/icon.js';
import { ConsentChoice, RecordingNotice, useConsent } from '../../components/recording-notice.js';
import { refusalText } from '../../components/refusal.js';
import { SwipeTabs } from '../../components/swipe-tabs.js';
import { toast } from '../../components/toast.js';
import { useWhileVisible } from '../../components/use-load.js';
import { announce } from '../../lib/announce.js';
import { announceLines } from '../../lib/announce-lines.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { useMedia } from '../../lib/use-media.js';
import { ChatPanel } from './chat-panel.js';
import { FiguresPanel } from './figures-panel.js';
import { verdictOn } from './health.js';
import { LanguagesPanel } from './languages-panel.js';
import { ModerationPanel } from './moderation-panel.js';
import { ObsPanel } from './obs-panel.js';
import { OrdersPanel } from './orders-panel.js';
import { RecordNotes } from './record-controls.js';
import { RestreamPanel } from './restream-panel.js';
import { RunSheet } from './run-sheet.js';
import { StageControls } from './stage-controls.js';
import { goOnAtStage, StageView } from './stage-view.js';
import { Strip } from './strip.js';
import { TogetherPanel } from './together-panel.js';
import { StudioBar } from './studio-bar.js';
import { ViewersPanel } from './viewers-panel.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

/** @param {{ session: StudioSession }} props */
export function OnAir({ session }) {
  const isWide = useMedia('(width >= 1100px)');
  const room = session.state.room.value;
  const sells = room?.kind === 'show';
  const consent = useConsent(room, Boolean(session.state.me.value));
  const [chosen, choose] = useState(sells ? 'sheet' : 'chat');
  const [isEnding, end] = useState(false);
  const unread = useUnread(session, isWide ? true : chosen === 'chat');
  useBackOnAir(session);
  useOrderNews(session);
  useWhileVisible(() => session.loadOrders().catch(() => undefined), 30_000); // what an event missed; the next round tries again

  const tabs = [
    ...(sells && !isWide ? [{ id: 'sheet', title: t('Products'), body: html`<div class="panel panel-sheet"><${RunSheet} session=${session} /><${PinNext} session=${session} /></div>` }] : []),
    { id: 'chat', title: t('Chat'), count: unread, body: html`<${ChatPanel} session=${session} />` },
    ...(sells ? [{ id: 'orders', title: t('Orders'), count: session.orders.value.length, body: html`<${OrdersPanel} session=${session} />` }] : []),
    ...(room?.can.includes(sells ? 'orders.see' : 'room.edit') ? [{ id: 'figures', title: t('Figures'), body: html`<${FiguresPanel} session=${session} isShown=${chosen === 'figures'} />` }] : []),
    { id: 'together', title: t('Take part'), count: session.state.together.waiting.value.length, body: html`<${TogetherPanel} session=${session} />` },
    { id: 'viewers', title: t('Viewers'), count: session.audience.value, body: html`<${ViewersPanel} session=${session} />` },
    ...(room?.can.includes('moderation') ? [{ id: 'moderation', title: t('Moderation'), count: session.moderation.waiting.value, body: html`<${ModerationPanel} session=${session} />` }] : []),
    ...(session.mayWord ? [{ id: 'languages', title: t('Languages'), body: html`<${LanguagesPanel} session=${session} />` }] : []),
    ...(room?.can.includes('restream.run') ? [{ id: 'elsewhere', title: t('Elsewhere'), count: liveElsewhere(session), body: html`<div class="panel panel-scroll"><${RestreamPanel} session=${session} /></div>` }] : []),
  ];
  const shown = tabs.some((tab) => tab.id === chosen) ? chosen : tabs[0].id;

  return html`<div class="on-air">
    <${StudioBar} session=${session}>
      ${room?.can.includes('room.edit') && html`<${Button} size="s" kind="danger" icon="end" onClick=${() => end(true)}>${t('End')}<//>`}
    <//>
    <${Strip} session=${session} />
    <main id="main" class="on-air-main">
      <div class="on-air-stage">
        <${StageView} session=${session}><${StageControls} session=${session} /><//>
        <${Sending} session=${session} />
        <${RecordNotes} session=${session} />
        ${session.state.me.value?.role !== 'host' && room?.can.includes('publish') && html`<${ConsentChoice} consent=${consent} />`}
        ${sells && isWide && html`<${PinNext} session=${session} />`}
        ${isWide && html`<${ObsPanel} session=${session} />`}
      </div>
      ${sells && isWide && html`<div class="on-air-sheet"><${RunSheet} session=${session} /></div>`}
      <${SwipeTabs} label=${t('Show')} class="on-air-tabs" tabs=${tabs} chosen=${shown} onChoose=${choose} />
    </main>
    <${RecordingNotice} consent=${consent} canPublish=${Boolean(room?.can.includes('publish'))} isHost=${session.state.me.value?.role === 'host'} />
    ${isEnding && html`<${ConfirmDialog} title=${t('End the show?')} confirm=${t('End the show')} onClose=${() => end(false)} onConfirm=${() => session.end()}>
      <p>${sells && room.recording !== 'off' ? t('Viewers are thanked. The recording goes on selling, unless you switch that off in the report.') : t('Viewers are thanked, and nothing more can be bought in it. You get the report.')}</p>
    <//>`}
  </div>`;
}

/** Services that the show is on right now. @param {StudioSession} session */
const liveElsewhere = (session) => session.restreams.items.value?.filter(({ status }) => status.state === 'live').length ?? 0;

/** Whether this device sends, and the way to make it. @param {{ session: StudioSession }} props */
function Sending({ session }) {
  const { broadcast } = session;
  const link = broadcast.link.value;
  const problem = broadcast.linkProblem.value;
  const send = async () => {
    if (!broadcast.stream.value) await broadcast.open();
    await broadcast.publish();
    goOnAtStage();
  };
  if (!session.state.room.value?.can.includes('publish')) return null;
  if (link === 'failed') {
    return html`<div class="note note-bad sending" role="alert"><span class="grow">${t('The picture is not sent.')} ${problem && refusalText(problem)}</span>
      <${Button} size="s" onClick=${send}>${t('Try again')}<//></div>`;
  }
  const { tone, advice } = verdictOn(link, broadcast.health.value, (performance.now() - broadcast.connectedAtMs) / 1000);
  if (link !== 'idle' && advice) return html`<p class=${`note note-${tone} sending sending-advice`}>${advice}</p>`;
  if (link !== 'idle' || session.isResuming.value) return null;
  if (session.isOthersOnStage.value) {
    return html`<div class="note sending"><span class="grow">${t('The picture comes from another program or device.')}</span>
      <${Button} size="s" kind="quiet" icon="camera" onClick=${send}>${t('Send from here')}<//></div>`;
  }
  if (!broadcast.stream.value && !session.isWatching.value) return null; // the empty stage says so
  const others = session.guests.others.value.map(({ name }) => name);
  if (others.length) {
    return html`<div class="note sending" role="status"><span class="grow">${t('On stage with you')}: <bdi>${others.slice(0, 4).join(', ')}</bdi></span>
      <${Button} size="s" kind="primary" icon="live" onClick=${send}>${t('Back on air')}<//></div>`;
  }
  return html`<div class="note note-warn sending" role="status"><span class="grow">${t('Nobody sends a picture: viewers wait.')}</span>
    <${Button} size="s" kind="primary" icon="live" onClick=${send}>${t('Back on air')}<//></div>`;
}

/** The next product of the run sheet, one thumb away. @param {{ session: StudioSession }} props */
function PinNext({ session }) {
  const [isBusy, setBusy] = useState(false);
  const next = session.nextOffer();
  if (!next || !session.state.room.value?.can.includes('offer.edit')) return null;
  const pin = async () => {
    if (isBusy) return;
    setBusy(true);
    await session.togglePin(next).catch((error) => toast(refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  return html`<button type="button" class="pin-next" aria-busy=${isBusy ? 'true' : undefined} onClick=${pin}>
    <${Icon} name="pin" /><span class="grow"><span class="small">${t('Pin next')}</span><bdi class="pin-next-title">${next.title}</bdi></span>
    <bdi class="tabular strong">${formatMoney(next.price)}</bdi>
  </button>`;
}

/** A reload of a page that was sending goes on sending. @param {StudioSession} session */
function useBackOnAir(session) {
  useEffect(() => {
    const { broadcast } = session;
    if (broadcast.link.peek() !== 'idle' || !session.wantsBackOnAir) return;
    session.isResuming.value = true;
    (async () => {
      if (!broadcast.stream.peek()) await broadcast.open();
      if (broadcast.stream.peek()) await broadcast.publish();
      session.isResuming.value = false;
    })();
  }, [session]);
}

/** How many lines came since the chat was last looked at. @param {StudioSession} session @param {boolean} isSeen */
function useUnread(session, isSeen) {
  const messages = session.state.messages.value;
  const last = messages[messages.length - 1];
  const seen = useRef(/** @type {string | null} */ (null));
  useEffect(() => {
    if (isSeen || seen.current === null) seen.current = last?.id ?? null;
  }, [last?.id, isSeen]);
  useEffect(() => announceLines(session.connection, session.state), [session]);
  if (isSeen) return 0;
  return messages.length - 1 - messages.findIndex((message) => message.id === seen.current);
}

/** Paid orders are told as they come. @param {StudioSession} session */
function useOrderNews(session) {
  const sold = useRef(/** @type {Set<string> | null} */ (null));
  const orders = session.orders.value;
  useEffect(() => {
    const paid = orders.filter((order) => order.status === 'paid');
    for (const order of sold.current ? paid : []) {
      if (!sold.current?.has(order.id)) announce(t('{name} bought for {total}', { name: order.buyer.display_name, total: formatMoney(order.total) }));
    }
    if (orders.length || sold.current) sold.current = new Set(paid.map((order) => order.id));
  }, [orders]);
}
