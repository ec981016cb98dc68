import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { formatClock, formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { detailWords, verdictOn } from './health.js';
import { CaptionControls } from './caption-controls.js';
import { RecordControls } from './record-controls.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

/** Time, viewers, money, units and connection in one line. @param {{ session: StudioSession }} props */
export function Strip({ session }) {
  const room = session.state.room.value;
  const nowMs = useNow();
  const sales = session.sales.value;
  const elapsedS = room?.started_at ? (nowMs - Date.parse(room.started_at)) / 1000 : 0;
  const figure = (/** @type {string} */ label, /** @type {any} */ value) => html`<div class="strip-item"><span class="strip-label">${label}</span><span class="strip-value tabular">${value}</span></div>`;
  const sells = room?.kind === 'show';
  return html`<div class="strip" role="region" aria-label=${t('The show in figures')}>
    ${figure(t('Time'), html`<time>${formatClock(elapsedS)}</time>`)}
    ${figure(t('Viewers'), formatNumber(session.audience.value))}
    ${sells && figure(t('Sold'), html`<bdi>${sales.money ? formatMoney(sales.money) : '–'}</bdi>`)}
    ${sells && figure(t('Units'), formatNumber(sales.units))}
    <${Connection} session=${session} />
    <${RecordControls} session=${session} />
    <${CaptionControls} session=${session} />
  </div>`;
}

/** @param {{ session: StudioSession }} props */
function Connection({ session }) {
  const { broadcast } = session;
  const health = broadcast.health.value;
  const link = broadcast.link.value;
  if (link === 'idle' && (session.isOthersOnStage.value || session.isWatching.value)) {
    return html`<div class="strip-item strip-link"><span class="strip-label">${t('Connection')}</span><span class="strip-value strip-good">${t('Sent from elsewhere')}</span></div>`;
  }
  const { tone, word, advice } = verdictOn(link, health, (performance.now() - broadcast.connectedAtMs) / 1000);
  const lines = health ? detailWords(health) : [];
  return html`<div class="strip-item strip-link" title=${advice || undefined}>
    <span class="strip-label">${t('Connection')}</span>
    <span class=${`strip-value strip-${tone}`} role="status"><span class="strip-dot" aria-hidden="true" />${word}</span>
    ${lines.map((line) => html`<span key=${line} class="strip-detail tabular muted">${line}</span>`)}
    ${advice && html`<span class="strip-advice">${advice}</span>`}
  </div>`;
}

/** The time, once a second. */
function useNow() {
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
