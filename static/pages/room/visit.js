/** Opening a room, as early as it can be: before anything is drawn, everything the picture waits for is on its way. */

import { api } from '../../lib/api.js';
import { serverConfig } from '../../lib/config.js';
import { ensureIdentity } from '../../lib/session.js';
import { ShowSession } from './show-session.js';

/** @type {{ id: string, visit: Promise<ShowSession> } | null} the one begun before the page was drawn */
let early = null;

/** @param {string} id */
export function beginVisit(id) {
  early = { id, visit: start(id) };
  early.visit.catch(() => undefined); // whoever takes it over meets the error
}

/**
 * @param {string} id
 * @returns {Promise<ShowSession>} started; rejects with a Problem when the room cannot be had
 */
export function openVisit(id) {
  const begun = early?.id === id ? early.visit : start(id);
  early = null;
  return begun;
}

/** @param {string} id */
async function start(id) {
  Promise.all([ensureIdentity(), serverConfig()]).catch(() => undefined); // the session asks again, and meets their errors
  const session = new ShowSession(await api.get(`/rooms/${encodeURIComponent(id)}`));
  session.start();
  return session;
}
