import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { formatDateTime, formatNumber } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { parseStock } from './product-draft.js';
import { REASONS, reasonWord } from './stock-words.js';

/** @typedef {import('../../lib/types.js').StockLevel} StockLevel */
/** @typedef {import('../../lib/types.js').StockMove} StockMove */

/**
 * One article's stock: where its units are, booking in and out, counting, and its journal.
 *
 * @param {{ store: string, sku: string, onChanged: (level: StockLevel) => void, onClose: () => void }} props
 */
export function StockDialog({ store, sku, onChanged, onClose }) {
  const path = `/stores/${store}/stock/${encodeURIComponent(sku)}`;
  const { data, error, reload, set } = useLoad(async () => {
    const [level, journal] = await Promise.all([api.get(path), api.get(`${path}/adjustments?limit=50`)]);
    return { level: /** @type {StockLevel} */ (level), moves: /** @type {StockMove[]} */ (journal.items) };
  }, [path]);
  const done = (/** @type {{ level: StockLevel, entry: StockMove | null }} */ answer) => {
    set((/** @type {typeof data} */ before) => ({ level: answer.level, moves: [...(answer.entry ? [answer.entry] : []), ...(before?.moves ?? [])] }));
    onChanged(answer.level);
    toast(t('Saved'), { kind: 'good' });
  };
  const title = data ? [data.level.title, data.level.variant_title].filter(Boolean).join(' · ') : sku;
  return html`<${Dialog} title=${t('Stock of {title}', { title })} onClose=${onClose} size="l">
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${5} />`}
    ${data && html`<div class="stack stack-l">
      <${Where} level=${data.level} />
      <${BookForm} path=${path} level=${data.level} onDone=${done} onStale=${reload} />
      <${WatchForm} path=${path} level=${data.level} onDone=${(/** @type {StockLevel} */ level) => done({ level, entry: null })} />
      <section aria-labelledby="stock-journal"><h3 id="stock-journal" class="desk-h3">${t('Journal')}</h3>
        ${data.moves.length ? html`<ul class="desk-list">${data.moves.map((move) => html`<li key=${move.id} class="row">
          <span class="grow"><span>${reasonWord(move.reason)}${move.note && html` · <bdi class="muted">${move.note}</bdi>`}</span><time class="muted small tabular" dateTime=${move.at}>${formatDateTime(move.at)}</time></span>
          <strong class="tabular" dir="ltr">${move.delta > 0 ? '+' : '−'}${formatNumber(Math.abs(move.delta))}</strong>
        </li>`)}</ul>` : html`<p class="muted">${t('Nothing was booked yet.')}</p>`}
      </section>
    </div>`}
  <//>`;
}

/** @param {{ level: StockLevel }} props */
const Where = ({ level }) => html`<dl class="stock-where">
  ${[
    [t('In stock'), level.stock], [t('of these in shows'), level.offered], [t('Held for buyers'), level.held], [t('Sold'), level.sold],
  ].map(([name, count]) => html`<div key=${name}><dt class="muted small">${name}</dt><dd class="tabular strong">${formatNumber(/** @type {number} */ (count))}</dd></div>`)}
</dl>`;

/** @param {{ path: string, level: StockLevel, onDone: (answer: { level: StockLevel, entry: StockMove | null }) => void, onStale: () => void }} props */
function BookForm({ path, level, onDone, onStale }) {
  const [form, setForm] = useState({ reason: 'received', units: '', note: '' });
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const change = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setProblem(''));
  const isCount = form.reason === 'counted';

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const units = parseStock(form.units);
    if (units === null || (!isCount && units === 0)) return setProblem(isCount ? t('Enter a whole number, 0 or more.') : t('Enter a whole number, 1 or more.'));
    setBusy(true);
    try {
      const way = REASONS.find(([reason]) => reason === form.reason)?.[1] ?? 1;
      const body = { reason: form.reason, note: form.note.trim(), ...(isCount ? { stock: units } : { delta: way * units }) };
      // counted from what is shown here: a sale in between must not be undone
      onDone(isCount ? await api.put(path, body, { headers: { 'If-Match': `"${level.version}"` } }) : await api.post(`${path}/adjustments`, body));
      setForm({ ...form, units: '', note: '' });
    } catch (refused) {
      if (/** @type {{ code?: string }} */ (refused).code === 'stock_changed') onStale();
      setProblem(refusalText(refused));
    }
    setBusy(false);
  };
  return html`<form class="stack" onSubmit=${submit} noValidate>
    <div class="variant-grid">
      <${FormField} label=${t('What happened')} as="select" value=${form.reason} onInput=${(/** @type {string} */ reason) => change({ reason })}>
        ${[...REASONS.map(([reason]) => reason), 'counted'].map((reason) => html`<option key=${reason} value=${reason}>${reasonWord(reason)}</option>`)}
      <//>
      <${FormField} label=${isCount ? t('In stock now') : t('How many')} inputmode="numeric" dir="ltr" autocomplete="off" value=${form.units} error=${problem}
        onInput=${(/** @type {string} */ units) => change({ units })} />
      <${FormField} label=${t('Note')} optional=${t('optional')} maxlength="300" dir="auto" value=${form.note} onInput=${(/** @type {string} */ note) => change({ note })}
        hint=${isCount ? t('Count what can still be sold, without what is held for buyers.') : undefined} />
    </div>
    <div><${Button} kind="primary" type="submit" busy=${isBusy}>${t('Book')}<//></div>
  </form>`;
}

/** @param {{ path: string, level: StockLevel, onDone: (level: StockLevel) => void }} props */
function WatchForm({ path, level, onDone }) {
  const [text, setText] = useState(level.low_stock === null ? '' : String(level.low_stock));
  const [problem, setProblem] = useState('');
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const units = text.trim() ? parseStock(text) : null;
    if (text.trim() && units === null) return setProblem(t('Enter a whole number, 0 or more.'));
    try {
      onDone(await api.patch(path, { low_stock: units }));
    } catch (refused) {
      setProblem(refusalText(refused));
    }
  };
  return html`<form class="row desk-inline-form" onSubmit=${submit} noValidate>
    <${FormField} class="grow" label=${t('Tell me from how few on')} optional=${t('optional')} inputmode="numeric" dir="ltr" autocomplete="off" value=${text} error=${problem}
      hint=${t('Here, by letter if you have turned letters on, and by webhook.')} onInput=${(/** @type {string} */ value) => (setText(value), setProblem(''))} />
    <${Button} type="submit">${t('Save')}<//>
  </form>`;
}
