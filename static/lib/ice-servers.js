/** STUN and TURN servers; credentials of one's own where the server gives them, renewed before they end. */

import { api } from './api.js';
import { serverConfig } from './config.js';
import { ensureIdentity } from './session.js';

/** @type {{ servers: RTCIceServer[], untilMs: number } | null} */
let kept = null;

/**
 * For an RTCPeerConnection that is made or restarted now. Never rejects: most networks need none of them.
 *
 * @returns {Promise<RTCIceServer[]>}
 */
export async function iceServers() {
  try {
    const config = await serverConfig();
    if (!config.turn) return config.ice_servers;
    if (kept && performance.now() < kept.untilMs) return kept.servers;
    await ensureIdentity();
    const { ice_servers: servers, ttl_s: ttlS } = await api.get('/ice-servers');
    kept = { servers, untilMs: performance.now() + ttlS * 500 }; // half of it: whoever begins late has some left
    return servers;
  } catch (error) {
    console.warn('livehub: no ICE servers', error);
    return [];
  }
}
