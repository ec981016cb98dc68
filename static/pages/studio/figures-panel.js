import { html } from 'htm/preact';
import { MinuteCharts, MoneyTable, ProductTable, TopQuestions } from '../../components/figures.js';
import { Skeleton } from '../../components/states.js';
import { ErrorState } from '../../components/states.js';
import { useLoad, useWhileVisible } from '../../components/use-load.js';
import { formatTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { loadReport } from '../../lib/report.js';

const EVERY_MS = 10_000;

/** The show in figures while it runs; asked for now and then, and only while somebody looks. @param {{ session: import('./session.js').StudioSession, isShown: boolean }} props */
export function FiguresPanel({ session, isShown }) {
  return html`<div class="panel panel-scroll">${isShown && html`<${Figures} session=${session} />`}</div>`;
}

/** @param {{ session: import('./session.js').StudioSession }} props */
function Figures({ session }) {
  const { data: report, error, reload } = useLoad((signal) => loadReport(session.id, signal), [session.id]);
  useWhileVisible(reload, EVERY_MS);
  if (!report && error) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!report) return html`<div class="stack" aria-busy="true"><${Skeleton} class="chart-skeleton" /><${Skeleton} class="chart-skeleton" /></div>`;
  return html`<div class="stack figures">
    <p class="muted small">${t('As of {time}; people are counted by the minute.', { time: formatTime(report.made_at) })}</p>
    <${MinuteCharts} report=${report} />
    ${report.currency && html`
      <section class="stack" aria-labelledby="figures-products"><h3 id="figures-products">${t('By product')}</h3><${ProductTable} report=${report} empty=${html`<p class="muted">${t('Nothing is for sale yet')}</p>`} /></section>
      <section class="stack" aria-labelledby="figures-money"><h3 id="figures-money">${t('Money')}</h3><${MoneyTable} report=${report} /></section>`}
    <section class="stack" aria-labelledby="figures-questions"><h3 id="figures-questions">${t('Top questions')}</h3><${TopQuestions} report=${report} /></section>
  </div>`;
}
