import { html } from 'htm/preact';
import { formatNumber, formatTime } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { Chart } from './chart.js';
import { DataTable } from './table.js';

/** @typedef {import('../lib/report.js').Report} Report */
/** @typedef {import('../lib/report.js').ReportProduct} ReportProduct */

/** @param {Report} report @returns {(minor: number) => string} */
export const moneyOf = (report) => (minor) => (report.currency ? formatMoney({ amount_minor: minor, currency: report.currency }) : '–');

/** Viewers, money and units by minute. @param {{ report: Report }} props */
export function MinuteCharts({ report }) {
  const series = (/** @type {'viewers'|'taken'|'units'} */ name) => report.minutes.map((point) => ({ key: point.at, label: formatTime(point.at), value: point[name] }));
  const time = t('Time');
  return html`<div class="charts">
    <${Chart} title=${t('Viewers')} kind="line" points=${series('viewers')} format=${formatNumber} labelTitle=${time} />
    ${report.currency && html`
      <${Chart} title=${t('Money taken')} points=${series('taken')} format=${moneyOf(report)} labelTitle=${time} />
      <${Chart} title=${t('Units sold')} points=${series('units')} format=${formatNumber} labelTitle=${time} />`}
  </div>`;
}

/** What was taken, why, and what is left of it. @param {{ report: Report }} props */
export function MoneyTable({ report }) {
  const { money } = report;
  const format = moneyOf(report);
  const rows = [
    { id: 'goods', title: t('Goods'), minor: money.goods },
    { id: 'discounts', title: t('Coupons'), minor: -money.discounts },
    { id: 'charges', title: t('Tax and shipping'), minor: money.charges },
    { id: 'unserved', title: t('Paid too late, goes back'), minor: money.unserved },
    { id: 'taken', title: t('Taken'), minor: money.taken, isSum: true },
    { id: 'refunded', title: t('Given back'), minor: -money.refunded },
    { id: 'net', title: t('What is left'), minor: money.net, isSum: true },
  ].filter((row) => row.isSum || row.id === 'goods' || row.minor);
  return html`<table class="table money-table">
    <caption class="sr-only">${t('Money')}</caption>
    <tbody>${rows.map((row) => html`<tr key=${row.id} class=${row.isSum ? 'strong' : ''}><th scope="row">${row.title}</th><td class="is-numeric tabular"><bdi>${format(row.minor)}</bdi></td></tr>`)}</tbody>
  </table>`;
}

/** How far people came with each product. @param {{ report: Report, empty?: any }} props */
export function ProductTable({ report, empty }) {
  const format = moneyOf(report);
  /** @param {string} id @param {string} title @param {(row: ReportProduct) => number} value */
  const count = (id, title, value) => ({ id, title, numeric: true, cell: (/** @type {ReportProduct} */ row) => formatNumber(value(row)) });
  const columns = [
    { id: 'title', title: t('Product'), cell: (/** @type {ReportProduct} */ row) => html`<span><bdi class="strong">${row.title}</bdi>${row.variant_title && html` <bdi class="muted">${row.variant_title}</bdi>`}</span>` },
    { id: 'funnel', title: t('Saw it → opened it → checkout → paid'), cell: (/** @type {ReportProduct} */ row) => html`<${Funnel} row=${row} />` },
    count('units', t('Units'), (row) => row.units),
    { id: 'goods', title: t('Sold'), numeric: true, cell: (/** @type {ReportProduct} */ row) => html`<bdi>${format(row.goods)}</bdi>${row.returned > 0 && html`<br /><span class="muted small">${tn('{n} came back', '{n} came back', row.returned)}</span>`}` },
    count('left', t('Left'), (row) => row.available),
  ];
  return html`<${DataTable} caption=${t('By product')} rows=${report.products} keyOf=${(/** @type {ReportProduct} */ row) => row.offer} columns=${columns} empty=${empty} />`;
}

/** Four steps, each as wide as the people who came so far. @param {{ row: ReportProduct }} props */
function Funnel({ row }) {
  const { view, card, checkout, paid } = row.funnel;
  const steps = [
    { id: 'view', n: view, words: t('saw it') },
    { id: 'card', n: card, words: t('opened it') },
    { id: 'checkout', n: checkout, words: t('went to checkout') },
    { id: 'paid', n: paid, words: t('paid') },
  ];
  const most = Math.max(1, ...steps.map(({ n }) => n));
  return html`<ol class="funnel">
    ${steps.map(({ id, n, words }) => html`<li key=${id} class=${`funnel-step funnel-${id}`}>
      <span class="funnel-bar" style=${{ inlineSize: `${(n / most) * 100}%` }} aria-hidden="true"></span>
      <span class="tabular funnel-n">${formatNumber(n)}</span> <span class="funnel-words">${words}</span>
    </li>`)}
  </ol>`;
}

/** The questions with the most votes. @param {{ report: Report }} props */
export function TopQuestions({ report }) {
  if (!report.questions.length) return html`<p class="muted">${t('Nobody has asked anything.')}</p>`;
  return html`<ol class="top-questions">
    ${report.questions.map((question, at) => html`<li key=${at} class="top-question">
      <span class="grow"><span dir="auto">${question.text}</span><br /><span class="muted small"><bdi>${question.display_name}</bdi>${question.answered && ` · ${t('Answered')}`}</span></span>
      <span class="muted small tabular">${tn('{n} vote', '{n} votes', question.votes)}</span>
    </li>`)}
  </ol>`;
}
