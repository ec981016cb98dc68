import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { Icon } from '../../components/icon.js';
import { refusalText } from '../../components/refusal.js';
import { useWhileVisible } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { formatNumber } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { upload } from '../../lib/upload.js';
import { ImportRows } from './import-rows.js';
import { faultWord } from './import-words.js';

/** @typedef {import('../../lib/types.js').CatalogImport} CatalogImport */

const ACTIVE = ['reading', 'writing', 'pictures'];
const ASK_EVERY_MS = 700;

/**
 * Products out of a CSV file: chosen, read and shown, written once confirmed. It goes on when the dialog is closed, and is there
 * again when it is opened.
 *
 * @param {{ store: import('../../lib/types.js').Store, onDone: () => void, onClose: () => void }} props
 */
export function ImportDialog({ store, onDone, onClose }) {
  const [found, setFound] = useState(/** @type {CatalogImport | null} */ (null));
  const [sent, setSent] = useState(/** @type {number | null} */ (null));
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const isActive = Boolean(found && ACTIVE.includes(found.state));

  useEffect(() => {
    const isOpen = (/** @type {CatalogImport} */ one) => [...ACTIVE, 'ready', 'interrupted'].includes(one.state);
    api.get(`/stores/${store.id}/imports`).then(({ items }) => items[0] && isOpen(items[0]) && setFound(items[0]), (error) => setProblem(refusalText(error)));
  }, [store.id]);
  useWhileVisible(async () => {
    if (!found) return;
    const now = /** @type {CatalogImport | null} */ (await api.get(`/imports/${found.id}`).catch(() => null)); // the next round tries again
    if (!now) return;
    setFound(now);
    if (now.state === 'done' && found.state !== 'done') onDone();
  }, isActive ? ASK_EVERY_MS : 0);

  const attempt = async (/** @type {() => Promise<CatalogImport | null>} */ act) => {
    setBusy(true);
    setProblem('');
    try {
      setFound(await act());
    } catch (error) {
      setProblem(/** @type {{ code?: string }} */ (error).code === 'payload_too_large' ? t('A file has at most 20 MB.') : refusalText(error));
    }
    setSent(null);
    setBusy(false);
  };
  const choose = (/** @type {File | undefined} */ file) => file && attempt(() => {
    setSent(0);
    return upload(`/stores/${store.id}/imports?name=${encodeURIComponent(file.name.slice(0, 100))}`, file, setSent, 'POST');
  });
  const confirm = () => attempt(() => api.post(`/imports/${found?.id}/confirm`, { skip_errors: true }));
  const cancel = () => attempt(async () => (await api.delete(`/imports/${found?.id}`), null));
  const again = () => (setFound(null), setProblem(''));

  return html`<${Dialog} title=${t('Products from a file')} onClose=${onClose} size="l" footer=${found && html`<${Footer} found=${found} isBusy=${isBusy} onConfirm=${confirm} onCancel=${cancel} onAgain=${again} onClose=${onClose} />`}>
    <div class="stack">
      ${problem && html`<p class="field-error" role="alert">${problem}</p>`}
      ${!found && html`<${Chooser} onChoose=${choose} sent=${sent} />`}
      ${found && html`<${Summary} found=${found} />`}
      ${found && found.state !== 'failed' && found.state !== 'reading' && html`<${ImportRows} key=${`${found.id} ${found.state}`} found=${found} currency=${store.currency ?? 'EUR'} />`}
    </div>
  <//>`;
}

/** @param {{ onChoose: (file: File | undefined) => void, sent: number | null }} props */
function Chooser({ onChoose, sent }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isOver, setOver] = useState(false);
  return html`<div class=${`import-drop ${isOver ? 'is-over' : ''}`} onDragOver=${(/** @type {Event} */ event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)}
    onDrop=${(/** @type {DragEvent} */ event) => (event.preventDefault(), setOver(false), onChoose(event.dataTransfer?.files[0]))}>
    <${Icon} name="download" size=${30} />
    <p>${t('A CSV file as Shopify exports it, or with the columns Title, SKU, Price and Stock. Nothing is changed before you have seen what would be.')}</p>
    ${sent === null
      ? html`<${Button} kind="primary" onClick=${() => input.current?.click()}>${t('Choose a file')}<//>`
      : html`<progress class="import-progress" max="1" value=${sent} aria-label=${t('Sending the file')} />`}
    <input ref=${input} type="file" accept=".csv,.tsv,.txt,text/csv" hidden onChange=${(/** @type {any} */ event) => {
      onChoose(event.currentTarget.files[0]);
      event.currentTarget.value = '';
    }} />
  </div>`;
}

/** @param {CatalogImport} found */
function stateWords(found) {
  switch (found.state) {
    case 'reading': return t('The file is being read…');
    case 'ready': return found.create + found.change ? t('This is what would change.') : t('Nothing would change: the file says what is there already.');
    case 'writing': return t('The products are being written…');
    case 'pictures': return t('The pictures are being fetched…');
    case 'done': return t('The products are in.');
    case 'cancelled': return t('Cancelled. What was written stays.');
    case 'interrupted': return t('The server was restarted meanwhile. You can go on.');
    default: return found.error ? faultWord(found.error.code) : t('The file could not be read.');
  }
}

/** @param {{ found: CatalogImport }} props */
function Summary({ found }) {
  const { position, total } = found.progress;
  const isActive = ACTIVE.includes(found.state);
  const figures = [
    [t('New'), found.create], [t('Changed'), found.change], [t('As they are'), found.same], [t('With errors'), found.errors],
    ...(found.written || found.skipped ? [[t('Written'), found.written], [t('Left out'), found.skipped]] : []),
    ...(found.pictures_failed ? [[t('Pictures missing'), found.pictures_failed]] : []),
  ];
  return html`<div class="stack">
    <p role=${found.state === 'failed' ? 'alert' : 'status'} class=${found.state === 'failed' ? 'note note-bad' : ''}>${stateWords(found)}
      ${found.error && found.error.line > 0 ? html` <span class="muted">${t('Line {n}', { n: formatNumber(found.error.line) })}</span>` : null}</p>
    ${isActive && html`<progress class="import-progress" max=${Math.max(1, total)} value=${found.state === 'pictures' ? undefined : position} aria-label=${stateWords(found)} />`}
    ${found.state !== 'failed' && html`<dl class="stock-where">${figures.map(([name, count]) => html`<div key=${name}><dt class="muted small">${name}</dt><dd class="tabular strong">${formatNumber(/** @type {number} */ (count))}</dd></div>`)}</dl>`}
    ${found.ignored_columns.length > 0 && html`<p class="muted small">${tn('{n} column of the file has no use here: {names}', '{n} columns of the file have no use here: {names}', found.ignored_columns.length, { n: formatNumber(found.ignored_columns.length), names: found.ignored_columns.slice(0, 8).join(', ') })}</p>`}
  </div>`;
}

/** @param {{ found: CatalogImport, isBusy: boolean, onConfirm: () => void, onCancel: () => void, onAgain: () => void, onClose: () => void }} props */
function Footer({ found, isBusy, onConfirm, onCancel, onAgain, onClose }) {
  const writable = found.create + found.change;
  if (ACTIVE.includes(found.state)) return html`<div class="row"><span class="grow" /><${Button} kind="danger" busy=${isBusy} onClick=${onCancel}>${t('Cancel')}<//></div>`;
  if ((found.state === 'ready' && writable) || found.state === 'interrupted') {
    return html`<div class="row"><${Button} busy=${isBusy} onClick=${onCancel}>${t('Cancel')}<//><span class="grow" />
      <${Button} kind="primary" busy=${isBusy} onClick=${onConfirm}>${found.errors
        ? tn('Write {n} product, leave errors out', 'Write {n} products, leave errors out', writable, { n: formatNumber(writable) })
        : tn('Write {n} product', 'Write {n} products', writable, { n: formatNumber(writable) })}<//></div>`;
  }
  return html`<div class="row"><${Button} onClick=${onAgain}>${t('Another file')}<//><span class="grow" /><${Button} kind="primary" onClick=${onClose}>${t('Done')}<//></div>`;
}
