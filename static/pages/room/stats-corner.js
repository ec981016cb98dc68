import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { IconButton } from '../../components/button.js';
import { api } from '../../lib/api.js';
import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('./show-session.js').ShowSession} ShowSession */
/** @typedef {import('../../lib/media-stats.js').PlaybackStats} PlaybackStats */

const EVERY_MS = 1_000;
/** The server is asked less often: it only knows which layer it sends. */
const LAYER_EVERY = 3;

/**
 * How the picture arrives, in figures; over the picture, in a corner.
 *
 * @param {{ session: ShowSession, onClose: () => void }} props
 */
export function StatsCorner({ session, onClose }) {
  const [stats, setStats] = useState(/** @type {PlaybackStats | null} */ (null));
  const [layer, setLayer] = useState('');
  useEffect(() => {
    let isOver = false;
    let turns = 0;
    const look = async () => {
      const found = await session.playbackStats();
      if (isOver) return;
      setStats(found);
      if (turns++ % LAYER_EVERY === 0) setLayer(await shownLayer(session.watching.value));
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, []);
  return html`<section class="stats-corner" aria-label=${t('Statistics')}>
    <div class="stats-corner-head"><h2>${t('Statistics')}</h2><${IconButton} icon="close" kind="video" label=${t('Close the statistics')} onClick=${onClose} /></div>
    ${stats ? html`<dl>${rows(stats, layer).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd class="tabular"><bdi>${value}</bdi></dd></div>`)}</dl>` : html`<p>${t('No picture arrives.')}</p>`}
  </section>`;
}

/** @param {PlaybackStats} stats @param {string} layer @returns {[string, string][]} */
function rows(stats, layer) {
  const ms = (/** @type {number} */ value) => t('{n} ms', { n: formatNumber(Math.round(value)) });
  /** @type {[string, string | false][]} */
  const all = [
    [t('Connection'), stats.via === 'hls' ? 'HLS' : 'WebRTC'],
    [t('Picture size'), stats.width > 0 && `${stats.width}×${stats.height}`],
    [t('Pictures a second'), stats.framesPerSecond > 0 && formatNumber(Math.round(stats.framesPerSecond))],
    [t('Bitrate'), stats.bitrateBps >= 0 && t('{n} kbit/s', { n: formatNumber(Math.round(stats.bitrateBps / 1000)) })],
    [t('Lost packets'), stats.lostShare >= 0 && t('{n} %', { n: formatNumber(Math.round(stats.lostShare * 1000) / 10) })],
    [t('Round trip'), stats.rttMs >= 0 && ms(stats.rttMs)],
    [t('Delay'), stats.delayMs >= 0 && ms(stats.delayMs)],
    [t('Codec'), stats.codec],
    [t('Layer'), layer],
    [t('Dropped pictures'), stats.dropped > 0 && formatNumber(stats.dropped)],
  ];
  return /** @type {[string, string][]} */ (all.filter(([, value]) => value));
}

/** The layer of simulcast in my first picture; '' where there is but one, or nothing yet. @param {string} session @returns {Promise<string>} */
async function shownLayer(session) {
  if (!session) return '';
  try {
    const { slots } = await api.get(`/media/${session}/stats`);
    return slots.find((/** @type {{ kind: string, slot: number }} */ slot) => slot.kind === 'video' && slot.slot === 0)?.layer ?? '';
  } catch (error) {
    console.warn('livehub: the server does not tell the layer', error);
    return '';
  }
}

/** Whether a key press was meant for the page, and not for a field, a button's menu or a dialog. @param {KeyboardEvent} event */
export function isForPage(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  return !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && !target.closest('input, textarea, select, [contenteditable], dialog, [role="menu"]');
}
