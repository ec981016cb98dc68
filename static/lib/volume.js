/** How loud a room sounds: as its viewer has set it, and lower for as long as something is said over it. Knows no page. */

import { FLOOR_VOLUME } from './interpreting.js';

/** The room under what is read aloud: as low as the floor under an interpreter. @param {boolean} isRead */
export const underReading = (isRead) => (isRead ? FLOOR_VOLUME : 1);

/** @param {number} own as the viewer has set it @param {number} share what is left of it while something is said over it */
export const loudness = (own, share) => Math.min(1, own * share);

/**
 * What the viewer's own volume is, when a player says that it plays at `shown`: it was set here, or by them – in the browser's
 * own controls, full screen, a picture in a window – and then it is theirs and is kept as they hear it.
 *
 * @param {number} shown @param {number} own known so far @param {number} share
 */
export function ownVolume(shown, own, share) {
  if (!share || Math.abs(shown - loudness(own, share)) < 0.005) return own;
  return shown / share;
}
