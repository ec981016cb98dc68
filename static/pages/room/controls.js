import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { IconButton } from '../../components/button.js';
import { ChatComposer } from '../../components/chat-composer.js';
import { errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { formatCompact } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { shareRoom } from './top-bar.js';

/** @typedef {import('./show-session.js').ShowSession} ShowSession */

const EMOJI = ['❤️', '👍', '👏', '😂', '😮', '🎉'];

/**
 * The row under the thumb: bag, message, heart, share.
 *
 * @param {{ session: ShowSession, chat: import('./chat-actions.js').ChatActions, kind: 'page'|'video', hasBag?: boolean, onTray?: () => void, onChat?: () => void, onStage?: () => void }} props
 *   `onChat` opens the lines where they are not in view, `onStage` the way to the stage
 */
export function Controls({ session, chat, kind, hasBag, onTray, onChat, onStage }) {
  const { state } = session;
  const room = /** @type {import('../../lib/types.js').Room} */ (state.room.value);
  const mayWrite = !state.me.value || state.can('chat.send');
  const buttonKind = kind === 'video' ? 'video' : 'solid';
  // what is in the bag once something is, else what there is to put into it
  const inBag = session.cart.lines.value.length;
  const count = inBag || state.offers.value.length;
  return html`<div class="controls" id="message">
    ${hasBag && html`<${IconButton} icon="bag" kind=${buttonKind} class="bag" badge=${count || undefined} onClick=${onTray}
      label=${tn('Bag, {n} product', 'Bag, {n} products', count)} aria-haspopup="dialog" />`}
    ${onChat && html`<${IconButton} icon="chat" kind=${buttonKind} badge=${state.messages.value.length || undefined} onClick=${onChat} label=${t('Open the whole chat')} aria-haspopup="dialog" />`}
    <div class="grow">
      <${ChatComposer} kind=${kind} onSend=${chat.send} disabled=${!mayWrite} disabledText=${t('Chat is closed')} maxChars=${session.maxChars} talk=${state.talk} find=${chat.find} />
    </div>
    ${session.guest.mayEnter && !session.guest.isOnStage.value && onStage && html`<${IconButton} icon="stage" kind=${buttonKind} class="go-on-stage" label=${t('Go on stage')} aria-haspopup="dialog" onClick=${onStage} />`}
    ${(room.kind !== 'show' || kind === 'page') && room.state === 'live' && state.can('hand.raise') && !state.can('publish') && html`<${HandButton} session=${session} kind=${buttonKind} />`}
    ${room.state === 'live' && html`<${HeartButton} session=${session} kind=${buttonKind} />`}
    <${IconButton} icon="share" kind=${buttonKind} label=${t('Share')} onClick=${() => shareRoom(room)} />
  </div>`;
}

/**
 * A tap sends a heart; holding it, or the arrow keys' way through the menu, gives the other reactions.
 *
 * @param {{ session: ShowSession, kind: 'video'|'solid' }} props
 */
function HeartButton({ session, kind }) {
  const [isOpen, setOpen] = useState(false);
  const total = Object.values(session.state.reactions.value).reduce((sum, n) => sum + n, 0);
  const press = useRef({ timer: /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined), isLong: false }).current;
  const send = (/** @type {string} */ emoji) => {
    setOpen(false);
    session.react(emoji).catch((error) => error.code !== 'rate_limited' && toast(errorText(error), { kind: 'bad' }));
  };
  const down = () => {
    press.isLong = false;
    press.timer = setTimeout(() => ((press.isLong = true), setOpen(true)), 400);
  };
  const up = () => clearTimeout(press.timer);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
    }
    if (event.key === 'Escape') setOpen(false);
  };
  return html`<div class="heart" onKeyDown=${onKeyDown}>
    ${isOpen &&
    html`<div class="heart-menu" role="menu" aria-label=${t('Reactions')}>
      ${EMOJI.map((emoji) => html`<button key=${emoji} type="button" role="menuitem" class="heart-choice" onClick=${() => send(emoji)}>${emoji}</button>`)}
    </div>`}
    <${IconButton} icon="heart" kind=${kind} class="heart-button" badge=${total ? formatCompact(total) : undefined}
      label=${total ? tn('Send a heart, {n} reaction so far', 'Send a heart, {n} reactions so far', total) : t('Send a heart')} aria-haspopup="menu" aria-expanded=${isOpen ? 'true' : 'false'}
      onPointerDown=${down} onPointerUp=${up} onPointerLeave=${up} onContextMenu=${(/** @type {Event} */ event) => event.preventDefault()}
      onClick=${() => !press.isLong && (isOpen ? setOpen(false) : send('❤️'))} />
  </div>`;
}

/** @param {{ session: ShowSession, kind: 'video'|'solid' }} props */
function HandButton({ session, kind }) {
  const [isRaised, setRaised] = useState(false);
  const toggle = async () => {
    try {
      await session.connection.call('hand:raise', { raised: !isRaised });
      setRaised(!isRaised);
    } catch (error) {
      toast(errorText(error), { kind: 'bad' });
    }
  };
  return html`<${IconButton} icon="hand" kind=${kind} class=${isRaised ? 'is-raised' : ''} aria-pressed=${isRaised ? 'true' : 'false'}
    label=${isRaised ? t('Lower your hand') : t('Raise your hand')} onClick=${toggle} />`;
}
