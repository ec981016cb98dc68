import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { RecordingList } from '../../components/recording-list.js';
import { Stat } from '../../components/stat.js';
import { EmptyState } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { formatClock, formatDateTime, formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney, times } from '../../lib/money.js';
import { download, ordersCsv } from '../desk/order-csv.js';
import { StudioBar } from './studio-bar.js';

/** @typedef {import('../../lib/types.js').Order} Order */
/** @typedef {{ sku: string, title: string, variant: string, units: number, money: import('../../lib/types.js').Money }} Sold */

/** After the show: what it brought. @param {{ session: import('./session.js').StudioSession }} props */
export function Report({ session }) {
  const room = session.state.room.value;
  const orders = session.orders.value;
  const sales = session.sales.value;
  useEffect(() => {
    session.loadOrders().catch((error) => console.warn('livehub: the report has what came while live', error));
  }, []);
  const lastedS = room?.started_at && room.ended_at ? (Date.parse(room.ended_at) - Date.parse(room.started_at)) / 1000 : 0;
  const sold = soldOf(orders);
  const save = () => download(`show-${(room?.started_at ?? '').slice(0, 10)}.csv`, ordersCsv(orders, () => room?.title ?? ''));

  return html`<${StudioBar} session=${session} />
    <main id="main" class="page report stack stack-l">
      <header><h2 class="report-title">${t('The show is over')}</h2>${room?.started_at && html`<p class="muted">${formatDateTime(room.started_at)}</p>`}</header>
      <div class="report-stats">
        <${Stat} label=${t('Time on air')} value=${formatClock(lastedS)} />
        ${session.peakViewers.value > 0 && html`<${Stat} label=${t('Most viewers at once')} value=${formatNumber(session.peakViewers.value)} />`}
        ${room?.kind === 'show' && html`
          <${Stat} label=${t('Sold')} value=${html`<bdi>${sales.money ? formatMoney(sales.money) : '–'}</bdi>`} tone=${sales.units ? 'good' : undefined} />
          <${Stat} label=${t('Units')} value=${formatNumber(sales.units)} />
          <${Stat} label=${t('Orders')} value=${formatNumber(sales.orders)} note=${sales.waiting ? t('{n} waiting for payment', { n: formatNumber(sales.waiting) }) : undefined} />`}
      </div>
      ${room?.kind === 'show' && html`<section class="card">
        <h3 class="report-h3">${t('By product')}</h3>
        <${DataTable} caption=${t('By product')} rows=${sold} keyOf=${(/** @type {Sold} */ row) => row.sku} columns=${COLUMNS()}
          empty=${html`<${EmptyState} icon="bag" title=${t('Nothing was sold this time')}>${t('Shows that are announced a day before, with the link shared, sell more.')}<//>`} />
      </section>`}
      ${room?.recording !== 'off' && room?.can.includes('recordings.keep') && html`<section class="card stack">
        <h3 class="report-h3">${t('Recording')}</h3>
        <${RecordingList} path=${`/rooms/${room.id}/recordings`} empty=${html`<p class="muted">${t('Nothing was recorded.')}</p>`} />
      </section>`}
      <div class="row row-wrap">
        ${orders.length > 0 && html`<${Button} icon="truck" kind="primary" href="/desk#orders">${t('Work on the orders')}<//><${Button} icon="download" onClick=${save}>${t('Download as CSV')}<//>`}
        ${room?.can.includes('chat.export') && ['csv', 'json'].map((format) => html`<${Button} key=${format} icon="download" href=${`/api/v1/rooms/${room.id}/messages/export?format=${format}`} download>${t('Chat as {format}', { format: format.toUpperCase() })}<//>`)}
        <${Button} icon="plus" href="/studio">${t('Plan the next show')}<//>
      </div>
    </main>`;
}

const COLUMNS = () => [
  { id: 'title', title: t('Product'), cell: (/** @type {Sold} */ row) => html`<span><bdi class="strong">${row.title}</bdi>${row.variant && html` <bdi class="muted">${row.variant}</bdi>`}</span>` },
  { id: 'units', title: t('Units'), numeric: true, cell: (/** @type {Sold} */ row) => formatNumber(row.units) },
  { id: 'money', title: t('Sold'), numeric: true, cell: (/** @type {Sold} */ row) => html`<bdi>${formatMoney(row.money)}</bdi>` },
];

/** Sold units and money by article, most money first. @param {Order[]} orders @returns {Sold[]} */
export function soldOf(orders) {
  /** @type {Map<string, Sold>} */
  const bySku = new Map();
  for (const line of orders.filter((order) => order.status === 'paid' || order.status === 'fulfilled').flatMap((order) => order.lines)) {
    const before = bySku.get(line.sku);
    const money = times(line.unit_price, line.quantity);
    bySku.set(line.sku, {
      sku: line.sku, title: line.title, variant: line.variant_title, units: (before?.units ?? 0) + line.quantity,
      money: { ...money, amount_minor: money.amount_minor + (before?.money.amount_minor ?? 0) },
    });
  }
  return [...bySku.values()].sort((a, b) => b.money.amount_minor - a.money.amount_minor);
}
