import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { ShowComparison } from '../../components/show-comparison.js';
import { EmptyState, ErrorState } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { t } from '../../lib/i18n.js';
import { loadShows } from '../../lib/report.js';
import { ListSkeleton } from './products.js';

const MOST = 50;

/** The store's shows beside one another. @param {{ store: import('../../lib/types.js').Store }} props */
export function Reports({ store }) {
  const { data: shows, error, reload } = useLoad(() => loadShows(store.id, MOST), [store.id]);
  const plan = html`<${Button} kind="primary" icon="live" href="/studio">${t('Plan a show')}<//>`;
  return html`<section class="card stack" aria-labelledby="reports">
    <h2 id="reports" class="desk-h2">${t('Reports')}</h2>
    ${error && !shows && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!shows && !error && html`<${ListSkeleton} />`}
    ${shows && !shows.length && html`<${EmptyState} icon="poll" title=${t('No shows yet')} action=${plan}>${t('What each show brought is compared here.')}<//>`}
    ${shows && html`<${ShowComparison} shows=${shows} />`}
  </section>`;
}
