import { html } from 'htm/preact';
import { formatCompact } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';
import { Icon } from './icon.js';

/** @param {{ tone?: 'neutral'|'good'|'warn'|'bad'|'live'|'video', children?: any }} props */
export const Badge = ({ tone = 'neutral', children }) => html`<span class=${`badge badge-${tone}`}>${children}</span>`;

export const LiveBadge = () => html`<span class="badge badge-live"><span class="live-dot" aria-hidden="true" />${t('LIVE')}</span>`;

/** @param {{ count: number }} props */
export const ViewerCount = ({ count }) => html`<span class="badge badge-video tabular">
  <${Icon} name="eye" size=${15} /><span aria-hidden="true">${formatCompact(count)}</span><span class="sr-only">${tn('{n} viewer', '{n} viewers', count)}</span>
</span>`;

/** Whether people are being recorded: in words, for a dot alone is easily overlooked. @param {{ state: import('../lib/types.js').RecordingNow['state'] }} props */
export function RecordingBadge({ state }) {
  if (state === 'off') return null;
  return html`<span class=${`badge badge-video badge-recording is-${state}`} role="status"><span class="record-dot" aria-hidden="true" />${state === 'paused' ? t('Recording paused') : t('Recording')}</span>`;
}

/** An order's state in words and colour. @param {{ status: import('../lib/types.js').OrderStatus }} props */
export function OrderBadge({ status }) {
  /** @type {Record<string, ['neutral'|'good'|'warn'|'bad', string]>} */
  const looks = {
    pending_payment: ['warn', t('Waiting for payment')],
    paid: ['good', t('Paid')],
    fulfilled: ['good', t('Handed over')],
    cancelled: ['neutral', t('Cancelled')],
    expired: ['neutral', t('Expired')],
    refunded: ['neutral', t('Refunded')],
  };
  const [tone, words] = looks[status] ?? ['neutral', status];
  return html`<${Badge} tone=${tone}>${words}<//>`;
}
