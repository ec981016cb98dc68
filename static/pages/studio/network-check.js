import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { bitrateWords, verdictOnHealth } from './health.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */
/** @typedef {{ tone: 'good'|'warn'|'bad', title: string, text: string }} Finding */

const TRIAL_S = 7;
const ANSWER_WITHIN_S = 10;

/**
 * Sends the picture for a few seconds to the rehearsal, which nobody sees, and says in plain words how it went.
 *
 * @param {{ session: StudioSession }} props
 */
export function NetworkCheck({ session }) {
  const [finding, setFinding] = useState(/** @type {Finding | null} */ (null));
  const [share, setShare] = useState(/** @type {number | null} */ (null));
  const run = useRef(0);
  useEffect(() => () => void run.current++, []);
  const hasStream = Boolean(session.broadcast.stream.value);

  const check = async () => {
    const mine = ++run.current;
    setFinding(null);
    setShare(0);
    const found = await tryOut(session, (done) => mine === run.current && setShare(done), () => mine === run.current);
    if (mine !== run.current) return;
    setShare(null);
    setFinding(found);
  };

  return html`<section class="card stack">
    <h2 class="studio-h2">${t('Network')}</h2>
    <div aria-live="polite">
      ${finding
        ? html`<div class=${`finding finding-${finding.tone}`}><${Icon} name=${finding.tone === 'good' ? 'check' : 'alert'} />
            <span><strong>${finding.title}</strong><span class="small">${finding.text}</span></span></div>`
        : html`<p class="muted small">${share === null ? t('A rehearsal of a few seconds that nobody sees: it shows whether your network carries the show.') : t('Sending a rehearsal…')}</p>`}
    </div>
    ${share !== null && html`<progress class="check-progress" max="1" value=${share} aria-label=${t('Sending a rehearsal…')} />`}
    <div><${Button} size="s" icon="live" busy=${share !== null} disabled=${!hasStream} onClick=${check}>${finding ? t('Check again') : t('Check the network')}<//></div>
  </section>`;
}

/**
 * @param {StudioSession} session
 * @param {(share: number) => void} onProgress
 * @param {() => boolean} goesOn
 * @returns {Promise<Finding>}
 */
async function tryOut({ broadcast }, onProgress, goesOn) {
  await broadcast.publish({ isRehearsal: true });
  /** @type {import('./broadcast.js').Health | null} */
  let last = null;
  let connectedS = 0;
  for (let waited = 0; goesOn() && connectedS < TRIAL_S && broadcast.link.value !== 'failed'; waited += 0.5) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (broadcast.link.value === 'connected') connectedS += 0.5;
    else if (waited > ANSWER_WITHIN_S) break;
    last = broadcast.health.value ?? last;
    onProgress(connectedS / TRIAL_S);
  }
  const problem = broadcast.linkProblem.value;
  // going live in the middle of the check takes the connection over
  if (goesOn()) broadcast.stop();
  if (!connectedS) return notThrough(problem);
  return last ? inWords(last) : notThrough(problem);
}

/** @param {{ code?: string, message?: string } | null} problem @returns {Finding} */
function notThrough(problem) {
  if (problem && problem.code !== 'media_failed' && problem.code !== 'offline') return { tone: 'bad', title: t('The server did not take the picture'), text: problem.message ?? '' };
  return { tone: 'bad', title: t('The picture does not get through'), text: t('This network may block live video (UDP). Try mobile data or another network.') };
}

/** @param {import('./broadcast.js').Health} health @returns {Finding} */
function inWords(health) {
  const { tone, advice } = verdictOnHealth(health, 0);
  const figures = t('{bitrate}, answers in {rtt} ms, {lost}% lost.', {
    bitrate: bitrateWords(health.bitrateBps), rtt: formatNumber(Math.round(health.rttMs)), lost: formatNumber(Math.round(health.lostShare * 1000) / 10),
  });
  const title = { good: t('Your network is ready'), warn: t('Your network will do'), bad: t('Your network is weak') }[tone];
  return { tone, title, text: advice ? `${advice} ${figures}` : figures };
}
