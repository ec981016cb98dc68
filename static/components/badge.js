import { html } from 'htm/preact';
import { formatCompact } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';
import { Icon } from './icon.js';
import { statusWord } from './order-facts.js';

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

/** @type {Record<string, 'warn'|'good'>} */
const ORDER_TONES = { pending_payment: 'warn', paid: 'good', fulfilled: 'good' };

/** An order's state in words and colour. @param {{ order: import('../lib/types.js').Order }} props */
export function OrderBadge({ order }) {
  return html`<${Badge} tone=${ORDER_TONES[order.status] ?? 'neutral'}>${statusWord(order.status, order.delivery?.method)}<//>`;
}
