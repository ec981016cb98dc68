import { useState } from 'preact/hooks';
import { errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { formatTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { needsName } from '../../lib/session.js';

/** @typedef {ReturnType<typeof useChatActions>} ChatActions */

/**
 * Sending, with the one question a new guest gets: which name others may see.
 *
 * @param {import('./show-session.js').ShowSession} session
 */
export function useChatActions(session) {
  /** The line that waits for a name, or null. */
  const [waiting, setWaiting] = useState(/** @type {string | null} */ (null));

  const say = (/** @type {string} */ text, /** @type {string | undefined} */ clientId = undefined) =>
    session.state.say(text, clientId).catch((error) => {
      const until = session.state.mutedUntil.value;
      toast(error.code === 'muted' && until ? t('You cannot write until {time}.', { time: formatTime(until) }) : errorText(error), { kind: 'bad' });
    });

  return {
    waiting,
    forget: () => setWaiting(null),
    /** @param {string} text @returns {boolean} whether the field may be emptied */
    send: (text) => {
      if (needsName()) {
        setWaiting(text);
        return false;
      }
      say(text);
      return true;
    },
    sendWaiting: () => {
      const text = waiting;
      setWaiting(null);
      if (text) say(text);
    },
    /** @param {import('../../lib/types.js').Message} message */
    retry: (message) => say(message.text, message.client_id),
  };
}
