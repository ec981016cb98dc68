import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { formatClock } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';

/**
 * Seconds until a time, counted down once a second; never below zero.
 *
 * @param {string | null} at RFC 3339
 * @returns {number}
 */
export function useSecondsUntil(at) {
  const left = () => (at ? Math.max(0, (Date.parse(at) - Date.now()) / 1000) : 0);
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    setSeconds(left());
    if (!at) return undefined;
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  }, [at]);
  return seconds;
}

/** "4:05" that runs down. @param {{ until: string, class?: string }} props */
export function Countdown({ until, class: extra = '' }) {
  const seconds = useSecondsUntil(until);
  return html`<time class=${`tabular ${extra}`} dateTime=${until} role="timer">${formatClock(Math.ceil(seconds))}</time>`;
}

/** A ring that empties, with the time in it. @param {{ from: string | null, until: string }} props */
export function CountdownRing({ from, until }) {
  const seconds = useSecondsUntil(until);
  const whole = from ? Math.max(1, (Date.parse(until) - Date.parse(from)) / 1000) : Math.max(1, seconds);
  const length = 2 * Math.PI * 16;
  return html`<span class="ring" role="timer" aria-label=${t('Ends in {time}', { time: formatClock(seconds) })}>
    <svg width="44" height="44" viewBox="0 0 40 40" aria-hidden="true">
      <circle cx="20" cy="20" r="16" class="ring-track" />
      <circle cx="20" cy="20" r="16" class="ring-left" stroke-dasharray=${length} stroke-dashoffset=${length * (1 - Math.min(1, seconds / whole))} />
    </svg>
    <span class="ring-text tabular" aria-hidden="true">${seconds >= 3600 ? tn('{n} h', '{n} h', Math.floor(seconds / 3600)) : formatClock(seconds)}</span>
  </span>`;
}

/** Days, hours, minutes and seconds as large figures, for the time before a show. @param {{ until: string }} props */
export function BigCountdown({ until }) {
  const seconds = Math.ceil(useSecondsUntil(until));
  const parts = [
    [Math.floor(seconds / 86400), t('days')],
    [Math.floor(seconds / 3600) % 24, t('hours')],
    [Math.floor(seconds / 60) % 60, t('min')],
    [seconds % 60, t('sec')],
  ];
  const shown = seconds >= 86400 ? parts.slice(0, 3) : parts.slice(1);
  return html`<div class="big-countdown" role="timer">
    ${shown.map(([n, unit]) => html`<span key=${unit} class="big-countdown-part"><span class="big-countdown-n tabular">${String(n).padStart(2, '0')}</span><span>${unit}</span></span>`)}
  </div>`;
}
