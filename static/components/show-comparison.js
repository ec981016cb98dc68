import { html } from 'htm/preact';
import { formatDate, formatDateTime, formatNumber } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { Chart } from './chart.js';
import { DataTable } from './table.js';

/** @typedef {import('../lib/report.js').ShowFigures} ShowFigures */

/**
 * Shows of a store beside one another: what was left of the money, and a table with the rest.
 *
 * @param {{ shows: ShowFigures[], marked?: string }} props the latest first; `marked` is the room that the page is about
 */
export function ShowComparison({ shows, marked }) {
  if (!shows.length) return null;
  const { currency } = shows[0];
  const format = (/** @type {number} */ minor) => formatMoney({ amount_minor: minor, currency });
  const columns = [
    { id: 'title', title: t('Show'), cell: (/** @type {ShowFigures} */ row) => html`<span>${row.room === marked ? html`<strong><bdi>${row.title}</bdi></strong>` : html`<a href=${`/studio/${row.room}`}><bdi>${row.title}</bdi></a>`}<br /><span class="muted small">${formatDateTime(row.started_at)}</span></span>` },
    { id: 'viewers', title: t('Most viewers at once'), numeric: true, cell: (/** @type {ShowFigures} */ row) => formatNumber(row.viewers.peak) },
    { id: 'orders', title: t('Orders'), numeric: true, cell: (/** @type {ShowFigures} */ row) => formatNumber(row.orders) },
    { id: 'units', title: t('Units'), numeric: true, cell: (/** @type {ShowFigures} */ row) => formatNumber(row.units) },
    { id: 'taken', title: t('Taken'), numeric: true, cell: (/** @type {ShowFigures} */ row) => html`<bdi>${format(row.taken)}</bdi>` },
    { id: 'net', title: t('What is left'), numeric: true, cell: (/** @type {ShowFigures} */ row) => html`<bdi>${format(row.net)}</bdi>` },
  ];
  const points = [...shows].reverse().map((show) => ({ key: show.room, label: formatDate(show.started_at), value: show.net }));
  return html`<div class="stack">
    ${shows.length > 1 && html`<${Chart} title=${t('What is left')} points=${points} format=${format} labelTitle=${t('Show')} marked=${marked} />`}
    <${DataTable} caption=${t('Shows')} rows=${shows} keyOf=${(/** @type {ShowFigures} */ row) => row.room} columns=${columns} />
  </div>`;
}
