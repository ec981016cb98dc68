/** Numbers, dates and durations in the reader's locale and time zone. */

import { locale, t, tn } from './i18n.js';

/** @param {number} n */
export const formatNumber = (n) => new Intl.NumberFormat(locale()).format(n);

/** 12,400 becomes 12.4K. @param {number} n */
export const formatCompact = (n) => new Intl.NumberFormat(locale(), { notation: 'compact', maximumFractionDigits: 1 }).format(n);

/** "Sat 31 Jan, 18:00". @param {string} at RFC 3339 */
export const formatDateTime = (at) =>
  new Intl.DateTimeFormat(locale(), { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' }).format(new Date(at));

/** "24 Dec" @param {string} at RFC 3339 */
export const formatDate = (at) => new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short' }).format(new Date(at));

/** @param {string} at RFC 3339 */
export const formatTime = (at) => new Intl.DateTimeFormat(locale(), { hour: 'numeric', minute: '2-digit' }).format(new Date(at));

/** "Tuesday, 24 December", on a place's own clock. @param {string} at RFC 3339 @param {{ time_zone: string }} place */
export const dayOf = (at, { time_zone }) => new Intl.DateTimeFormat(locale(), { weekday: 'long', day: 'numeric', month: 'long', timeZone: time_zone }).format(new Date(at));

/** "10:00–11:00", likewise. @param {{ starts_at: string, ends_at: string }} slot @param {{ time_zone: string }} place */
export function timesOf(slot, { time_zone }) {
  const format = new Intl.DateTimeFormat(locale(), { hour: 'numeric', minute: '2-digit', timeZone: time_zone });
  return format.formatRange(new Date(slot.starts_at), new Date(slot.ends_at));
}

/** "today", "tomorrow", "in 3 days", "2 days ago". @param {string} at RFC 3339 @param {number} [nowMs] */
export function formatDay(at, nowMs = Date.now()) {
  const startOfDay = (/** @type {number} */ ms) => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((startOfDay(Date.parse(at)) - startOfDay(nowMs)) / 86_400_000);
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(days, 'day');
}

/** A running clock: 4:05, 1:04:05. @param {number} seconds */
export function formatClock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The name of a language in the reader's own: "Thai". @param {string} tag */
export function languageName(tag) {
  try {
    return new Intl.DisplayNames([locale()], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag; // the tag is not well formed; its own text is the best name
  }
}

/** How much is left, in words. @param {number} available */
export function stockWords(available) {
  if (available <= 0) return t('Sold out');
  if (available === 1) return t('Last one');
  return tn('{n} left', '{n} left', available);
}
