/** Numbers of a connection as plain words. */

import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('./broadcast.js').Health} Health */
/** @typedef {{ tone: 'good'|'warn'|'bad', word: string, advice: string }} Verdict */

/** The encoder begins low and climbs: no verdict on the bitrate before. */
const WARM_UP_S = 15;
/** Sending so much less than asked for is no chance. */
const SHORT_OF = 0.6;

/**
 * @param {import('../../lib/rtc.js').LinkState} link
 * @param {Health | null} health
 * @param {number} connectedForS
 * @returns {Verdict}
 */
export function verdictOn(link, health, connectedForS) {
  if (link === 'connecting') return { tone: 'warn', word: t('Connecting…'), advice: '' };
  if (link === 'interrupted') return { tone: 'bad', word: t('Reconnecting…'), advice: t('Viewers see the last picture. It goes on by itself as soon as the network is back.') };
  if (link !== 'connected') return { tone: 'bad', word: t('Not sending'), advice: '' };
  if (!health) return { tone: 'good', word: t('Connected'), advice: '' };
  return verdictOnHealth(health, connectedForS);
}

/** @param {Health} health @param {number} connectedForS @returns {Verdict} */
export function verdictOnHealth({ bitrateBps, askedBps, rttMs, lostShare, limitedBy }, connectedForS = WARM_UP_S) {
  const isWarm = connectedForS >= WARM_UP_S;
  if (lostShare > 0.08 || rttMs > 700 || (isWarm && limitedBy === 'bandwidth' && bitrateBps < 250_000)) {
    return { tone: 'bad', word: t('Weak'), advice: t('Viewers may see stutter. Go nearer to the router, or change to another network.') };
  }
  if (limitedBy === 'cpu') return { tone: 'warn', word: t('Device busy'), advice: t('This device is at its limit. Close other apps and tabs.') };
  if (lostShare > 0.02 || rttMs > 300 || (isWarm && limitedBy === 'bandwidth' && bitrateBps < 900_000)) {
    return { tone: 'warn', word: t('Fair'), advice: t('Good enough to go on. A faster network would make the picture sharper.') };
  }
  // the network gives less than the picture wants, though nothing is lost yet
  if (isWarm && limitedBy === 'bandwidth' && askedBps > 0 && bitrateBps < askedBps * SHORT_OF) {
    return { tone: 'warn', word: t('Fair'), advice: t('Good enough to go on. A faster network would make the picture sharper.') };
  }
  return { tone: 'good', word: t('Good'), advice: '' };
}

/**
 * What stands under the verdict: what is sent of what was asked, what gets lost, and how large the picture goes out.
 *
 * @param {Health} health @returns {string[]}
 */
export function detailWords({ bitrateBps, askedBps, framesPerSecond, rttMs, lostShare, layers }) {
  const sent = bitrateWords(bitrateBps);
  // sound is in what is sent and not in what is asked: "2.6 of 2.5" would only puzzle
  const bitrate = askedBps > bitrateBps * 1.1 ? t('{sent} of {asked}', { sent, asked: bitrateWords(askedBps) }) : sent;
  const lines = [t('{bitrate}, {fps} pictures/s, {rtt} ms', { bitrate, fps: formatNumber(Math.round(framesPerSecond)), rtt: formatNumber(Math.round(rttMs)) })];
  if (lostShare >= 0.001) lines.push(t('{n} % of packets lost', { n: formatNumber(Math.round(lostShare * 1000) / 10) }));
  const sizes = layers.filter(({ isActive, height }) => isActive && height > 0).map(({ height }) => `${height}p`);
  if (sizes.length) lines.push(sizes.join(' · '));
  return lines;
}

/** "2.4 Mbit/s". @param {number} bitsPerSecond */
export function bitrateWords(bitsPerSecond) {
  if (bitsPerSecond >= 1_000_000) return t('{n} Mbit/s', { n: formatNumber(Math.round(bitsPerSecond / 100_000) / 10) });
  return t('{n} kbit/s', { n: formatNumber(Math.round(bitsPerSecond / 1000)) });
}
