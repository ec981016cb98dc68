import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { IconButton } from '../../components/button.js';
import { errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { formatTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { finderOf } from '../../lib/people.js';
import { needsName } from '../../lib/session.js';
import { aboutOf } from '../../lib/talk-state.js';

/** @typedef {ReturnType<typeof useChatActions>} ChatActions */
/** @typedef {import('../../lib/talk-state.js').About} About */

/**
 * Sending, with the one question a new guest gets: which name others may see.
 *
 * @param {import('./show-session.js').ShowSession} session
 */
export function useChatActions(session) {
  /** The line that waits for a name, and who waits to know what became of it. */
  const [waiting, setWaiting] = useState(/** @type {{ text: string, about: About, settle: (sent: boolean) => void } | null} */ (null));

  const say = (/** @type {string} */ text, /** @type {About} */ about, /** @type {string | undefined} */ clientId = undefined) =>
    session.state.say(text, clientId, about).catch((error) => {
      const until = session.state.mutedUntil.value;
      toast(error.code === 'muted' && until ? t('You cannot write until {time}.', { time: formatTime(until) }) : errorText(error), { kind: 'bad' });
    });

  /** The line a moderator acts upon. */
  const [chosen, choose] = useState(/** @type {import('../../lib/types.js').Message | null} */ (null));
  const moderation = (/** @type {import('../../lib/types.js').Message} */ message) =>
    !message.pending && !message.held && !message.failed && html`<${IconButton} icon="more" class="chat-more" onClick=${() => choose(message)}
      label=${t('What to do about the line of {name}', { name: message.author.display_name })} />`;

  /** The line whose translation somebody says is wrong. */
  const [wrong, setWrong] = useState(/** @type {import('../../lib/types.js').Message | null} */ (null));

  return {
    wrong,
    setWrong,
    chosen,
    unchoose: () => choose(null),
    moderation: session.state.can('chat.send') ? moderation : undefined,
    waiting,
    forget: () => {
      waiting?.settle(false);
      setWaiting(null);
    },
    /** @param {string} text @param {About} [about] @returns {boolean | Promise<boolean>} whether the field may be emptied */
    send: (text, about = {}) => {
      if (needsName()) return new Promise((settle) => setWaiting({ text, about, settle }));
      say(text, about);
      return true;
    },
    sendWaiting: () => {
      if (waiting) {
        say(waiting.text, waiting.about);
        waiting.settle(true);
      }
      setWaiting(null);
    },
    /** @param {import('../../lib/types.js').Message} message */
    retry: (message) => say(message.text, aboutOf(message), message.client_id),
    /** @param {import('../../lib/types.js').Message} message */
    reply: (message) => (session.state.talk.replyTo.value = message),
    find: finderOf(session),
  };
}
