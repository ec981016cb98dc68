import { locale, t } from './i18n.js';

/** @typedef {{ seconds: number, title: string }} Duration */

/** For how long something may be laid on a member, in the reader's words; 0 seconds is without end. @returns {Duration[]} */
export function durations() {
  const named = (/** @type {number} */ n, /** @type {string} */ unit) => new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(n);
  return [
    { seconds: 300, title: named(5, 'minute') },
    { seconds: 600, title: named(10, 'minute') },
    { seconds: 3600, title: named(1, 'hour') },
    { seconds: 86_400, title: named(1, 'day') },
    { seconds: 7 * 86_400, title: named(7, 'day') },
    { seconds: 0, title: t('until it is lifted') },
  ];
}
