import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { ErrorState, errorText, SkeletonText } from '../../components/states.js';
import { Tabs } from '../../components/tabs.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { faultWord, fieldWord } from './import-words.js';

/** @typedef {import('../../lib/types.js').ImportRow} ImportRow */
/** @typedef {{ items: ImportRow[], next: string | null }} Page */

/**
 * What an import would change, or changed, product by product.
 *
 * @param {{ found: import('../../lib/types.js').CatalogImport, currency: string }} props
 */
export function ImportRows({ found, currency }) {
  const tabs = [
    { id: 'error', title: t('With errors'), count: found.errors },
    { id: 'change', title: t('Changed'), count: found.change },
    { id: 'create', title: t('New'), count: found.create },
  ].filter((tab) => tab.count > 0);
  const [chosen, choose] = useState(tabs[0]?.id ?? '');
  if (!tabs.length) return null;
  return html`<${Tabs} label=${t('Products')} tabs=${tabs} chosen=${chosen} onChoose=${choose}><${Rows} key=${chosen} path=${`/imports/${found.id}/rows?limit=50&kind=${chosen}`} currency=${currency} /><//>`;
}

/** @param {{ path: string, currency: string }} props */
function Rows({ path, currency }) {
  const { data, error, reload, set } = useLoad((signal) => /** @type {Promise<Page>} */ (api.get(path, { signal })), [path]);
  const [problem, setProblem] = useState('');
  const more = async () => {
    setProblem('');
    try {
      const page = /** @type {Page} */ (await api.get(`${path}&after=${data?.next}`));
      set((/** @type {Page | null} */ before) => ({ items: [...(before?.items ?? []), ...page.items], next: page.next }));
    } catch (refused) {
      setProblem(errorText(refused));
    }
  };
  if (error && !data) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${SkeletonText} lines=${4} />`;
  return html`<ul class="desk-list import-rows">
      ${data.items.map((row) => html`<li key=${row.id}>
        <div class="row row-wrap"><bdi class="strong grow">${row.title || row.handle}</bdi><span class="muted small tabular">${t('Line {n}', { n: formatNumber(row.line) })}</span>
          ${row.outcome && row.outcome !== 'written' && html`<${Badge} tone="warn">${faultWord(row.outcome)}<//>`}</div>
        ${row.faults.map((fault, i) => html`<p key=${i} class="field-error">${t('Line {n}', { n: formatNumber(fault.line) })}${fault.column && html` · <bdi>${fault.column}</bdi>`}: ${faultWord(fault.code)}</p>`)}
        ${row.kind !== 'error' && html`<ul class="import-changes small">${row.changes.slice(0, 12).map((change, i) => html`<li key=${i}>
          <span class="muted">${fieldWord(change.field)}${change.sku && html` <bdi dir="ltr">${change.sku}</bdi>`}:</span> ${change.before !== null && html`<del><bdi>${shown(change.field, change.before, currency)}</bdi></del> → `}<bdi>${shown(change.field, change.after, currency) || '–'}</bdi>
        </li>`)}</ul>`}
      </li>`)}
    </ul>
    ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
    ${data.next && html`<div class="desk-more"><${Button} onClick=${more}>${t('Load more')}<//></div>`}`;
}

/** @param {string} field @param {string} text @param {string} currency */
const shown = (field, text, currency) => (field === 'price' ? formatMoney({ amount_minor: Number(text), currency }) : text);
