import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { MinuteCharts, MoneyTable, moneyOf, ProductTable, TopQuestions } from '../../components/figures.js';
import { RecordingList } from '../../components/recording-list.js';
import { ShowComparison } from '../../components/show-comparison.js';
import { Stat } from '../../components/stat.js';
import { EmptyState, ErrorState, Skeleton } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { refusalText } from '../../components/refusal.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { against } from '../../lib/chart-scale.js';
import { formatClock, formatDateTime, formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { loadReport, loadShows, sheetAddress } from '../../lib/report.js';
import { download, ordersCsv } from '../desk/order-csv.js';
import { InOtherLanguages } from './languages-panel.js';
import { StudioBar } from './studio-bar.js';

/** How many of the store's shows a report stands beside. */
const COMPARED = 12;

/** After the show: what it brought. @param {{ session: import('./session.js').StudioSession }} props */
export function Report({ session }) {
  const room = session.state.room.value;
  const orders = session.orders.value;
  const { data: report, error, reload } = useLoad((signal) => loadReport(session.id, signal), [session.id]);
  const { data: shows } = useLoad(async () => (room?.store ? loadShows(room.store.id, COMPARED) : []), [room?.store?.id]);
  useEffect(() => {
    session.loadOrders().catch((problem) => console.warn('livehub: the report has what came while live', problem));
  }, []);
  const lastedS = room?.started_at && room.ended_at ? (Date.parse(room.ended_at) - Date.parse(room.started_at)) / 1000 : 0;
  const save = () => download(`show-${(room?.started_at ?? '').slice(0, 10)}.csv`, ordersCsv(orders, () => room?.title ?? ''));
  const sells = room?.kind === 'show' && Boolean(report?.currency);

  return html`<${StudioBar} session=${session} />
    <main id="main" class="page report stack stack-l">
      <header><h2 class="report-title">${t('The show is over')}</h2>${room?.started_at && html`<p class="muted">${formatDateTime(room.started_at)}</p>`}</header>
      ${!report && error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
      ${!report && !error && html`<div class="stack" aria-busy="true"><${Skeleton} class="chart-skeleton" /><${Skeleton} class="chart-skeleton" /></div>`}
      ${report && html`<${Headline} report=${report} lastedS=${lastedS} sells=${sells} peak=${session.peakViewers.value} others=${(shows ?? []).filter((show) => show.room !== room?.id && show.started_at < (room?.started_at ?? ''))} />`}
      ${report && report.minutes.length > 0 && html`<section class="card stack" aria-labelledby="report-minutes">
        <h3 id="report-minutes" class="report-h3">${t('Minute by minute')}</h3><${MinuteCharts} report=${report} />
        ${sells && (report.after.taken > 0 || report.after.refunded > 0) && html`<p class="muted">${t('After the end: {taken} taken, {refunded} given back.', { taken: moneyOf(report)(report.after.taken), refunded: moneyOf(report)(report.after.refunded) })}</p>`}
      </section>`}
      ${report && sells && html`<section class="card stack" aria-labelledby="report-products">
        <h3 id="report-products" class="report-h3">${t('By product')}</h3>
        <${ProductTable} report=${report} empty=${html`<${EmptyState} icon="bag" title=${t('Nothing was sold this time')}>${t('Shows that are announced a day before, with the link shared, sell more.')}<//>`} />
      </section>
      <section class="card stack" aria-labelledby="report-money"><h3 id="report-money" class="report-h3">${t('Money')}</h3><${MoneyTable} report=${report} /></section>`}
      ${report && html`<section class="card stack" aria-labelledby="report-questions"><h3 id="report-questions" class="report-h3">${t('Top questions')}</h3><${TopQuestions} report=${report} /></section>`}
      ${shows && shows.length > 1 && html`<section class="card stack" aria-labelledby="report-shows"><h3 id="report-shows" class="report-h3">${t('Beside your other shows')}</h3><${ShowComparison} shows=${shows} marked=${room?.id} /></section>`}
      ${room?.recording !== 'off' && room?.can.includes('recordings.keep') && html`<section class="card stack">
        <h3 class="report-h3">${t('Recording')}</h3>
        ${sells && room.replay && html`<${ReplaySale} room=${room.id} />`}
        <${RecordingList} path=${`/rooms/${room.id}/recordings`} empty=${html`<p class="muted">${t('Nothing was recorded.')}</p>`} />
      </section>`}
      <${InOtherLanguages} session=${session} />
      <div class="row row-wrap">
        ${orders.length > 0 && html`<${Button} icon="truck" kind="primary" href="/desk#orders">${t('Work on the orders')}<//><${Button} icon="download" onClick=${save}>${t('Download as CSV')}<//>`}
        ${report && sheets(sells).map(({ part, words }) => html`<${Button} key=${part} icon="download" href=${sheetAddress(report.room.id, part)} download>${words}<//>`)}
        ${room?.can.includes('chat.export') && ['csv', 'json'].map((format) => html`<${Button} key=${format} icon="download" href=${`/api/v1/rooms/${room.id}/messages/export?format=${format}`} download>${t('Chat as {format}', { format: format.toUpperCase() })}<//>`)}
        <${Button} icon="plus" href="/studio">${t('Plan the next show')}<//>
      </div>
    </main>`;
}

/** Whether the recording sells, and the switch for it. @param {{ room: string }} props */
function ReplaySale({ room }) {
  const { data, set } = useLoad(() => api.get(`/rooms/${room}/replay/sale`), [room]);
  const [isBusy, setBusy] = useState(false);
  if (!data) return null;
  const toggle = async () => {
    setBusy(true);
    await api.put(`/rooms/${room}/replay/sale`, { open: !data.open }).then(set, (/** @type {unknown} */ problem) => toast(refusalText(problem), { kind: 'bad' }));
    setBusy(false);
  };
  return html`<div class="row row-wrap">
    <p class="grow" role="status">${data.open ? t('What was offered can be bought from the recording, while your shop has it.') : t('Nothing is sold from the recording.')}</p>
    <${Button} size="s" busy=${isBusy} onClick=${toggle}>${data.open ? t('Stop selling') : t('Sell from the recording')}<//>
  </div>`;
}

/** @param {boolean} sells @returns {{ part: 'minutes'|'products'|'money', words: string }[]} */
const sheets = (sells) => [
  { part: /** @type {const} */ ('minutes'), words: t('Minutes as CSV') },
  ...(sells ? [{ part: /** @type {const} */ ('products'), words: t('Products as CSV') }, { part: /** @type {const} */ ('money'), words: t('Money as CSV') }] : []),
];

/**
 * The figures that count, each against what the store's earlier shows had.
 *
 * @param {{ report: import('../../lib/report.js').Report, lastedS: number, sells: boolean, peak: number, others: import('../../lib/report.js').ShowFigures[] }} props
 */
function Headline({ report, lastedS, sells, peak, others }) {
  const beside = (/** @type {number} */ value, /** @type {number[]} */ earlier) => {
    const percent = against(value, earlier);
    return percent === null ? undefined : t('{percent} against your earlier shows', { percent: new Intl.NumberFormat(document.documentElement.lang, { style: 'percent', signDisplay: 'exceptZero' }).format(percent / 100) });
  };
  const most = Math.max(peak, report.viewers.peak);
  return html`<div class="report-stats">
    <${Stat} label=${t('Time on air')} value=${formatClock(lastedS)} />
    ${most > 0 && html`<${Stat} label=${t('Most viewers at once')} value=${formatNumber(most)} note=${beside(most, others.map((show) => show.viewers.peak))} />`}
    ${sells && html`
      <${Stat} label=${t('Sold')} value=${html`<bdi>${moneyOf(report)(report.money.taken)}</bdi>`} tone=${report.units ? 'good' : undefined} note=${beside(report.money.taken, others.map((show) => show.taken))} />
      <${Stat} label=${t('Units')} value=${formatNumber(report.units)} note=${beside(report.units, others.map((show) => show.units))} />
      <${Stat} label=${t('Orders')} value=${formatNumber(report.orders)} note=${report.waiting.orders ? t('{n} waiting for payment', { n: formatNumber(report.waiting.orders) }) : undefined} />`}
  </div>`;
}
