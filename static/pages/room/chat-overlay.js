import { html } from 'htm/preact';
import { ChatLine } from '../../components/chat-list.js';
import { t } from '../../lib/i18n.js';

const SHOWN = 6;

/**
 * The last lines over the picture, fading upward. Pressing beside a line's own controls opens the whole chat.
 *
 * @param {{ session: import('./show-session.js').ShowSession, onOpen: () => void, onRetry: (message: import('../../lib/types.js').Message) => void,
 *   onWrong: (message: import('../../lib/types.js').Message) => void }} props
 */
export function ChatOverlay({ session, onOpen, onRetry, onWrong }) {
  const { messages, me } = session.state;
  const last = messages.value.slice(-SHOWN);
  const open = (/** @type {MouseEvent} */ event) => {
    if (!(/** @type {Element} */ (event.target).closest('button, a'))) onOpen();
  };
  return html`<button type="button" class="sr-only overlay-open" onClick=${onOpen}>${t('Open the whole chat')}</button>
  <div class="overlay-chat" onClick=${open}>
    <ol class="chat-list">
      ${last.map((message) => html`<${ChatLine} key=${message.client_id || message.id} message=${message} mine=${message.author.identity === me.value?.identity} me=${me.value?.identity} onRetry=${onRetry} onWrong=${onWrong} />`)}
    </ol>
  </div>`;
}
