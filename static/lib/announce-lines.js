/** Chat for screen readers: lines gathered, what is meant for me or for everybody at once. */

import { announce, announceChat } from './announce.js';
import { t } from './i18n.js';

/**
 * @param {import('./protocol.js').RoomConnection} connection
 * @param {import('./room-state.js').RoomState} state
 * @returns {() => void} stops
 */
export function announceLines(connection, state) {
  return connection.on('chat:messages', ({ items }) => {
    const me = state.me.value?.identity;
    for (const { author, text, announcement, mentions, reply_to } of /** @type {import('./types.js').Message[]} */ (items)) {
      if (author.identity === me) continue;
      const name = author.display_name;
      if (announcement) announce(t('Announcement: {text}', { text }), 'assertive');
      else if (mentions?.some(({ identity }) => identity === me)) announce(t('{name} mentions you: {text}', { name, text }));
      else if (reply_to?.author && reply_to.author.identity === me) announce(t('{name} answers you: {text}', { name, text }));
      else announceChat(`${name}: ${text}`);
    }
  });
}
