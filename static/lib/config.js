/** What the server offers: languages, payment ways, ICE servers. Fetched once a page. */

import { api } from './api.js';

/** @type {Promise<import('./types.js').ServerConfig> | null} */
let pending = null;

/** @returns {Promise<import('./types.js').ServerConfig>} */
export function serverConfig() {
  pending ??= api.get('/config').catch((error) => {
    pending = null; // the next caller tries again
    throw error;
  });
  return pending;
}
