import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { api, request } from '../lib/api.js';
import { languageName } from '../lib/format.js';
import { locale, t } from '../lib/i18n.js';
import { Button, IconButton } from './button.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { Dialog } from './dialog.js';
import { FormField } from './form-field.js';
import { refusalText } from './refusal.js';
import { ErrorState, SkeletonText } from './states.js';
import { toast } from './toast.js';
import { useLoad } from './use-load.js';

/** @typedef {{ id: string, keep: string | null, words: Record<string, string[]>, note: string }} Term */

const LANGUAGES = ['ar', 'en', 'es', 'fr', 'id', 'ja', 'ru', 'th', 'tr', 'vi', 'zh'];

/** What a term is called in a list: its word in my language, else the first. @param {Term} term */
const nameOf = (term) => term.keep ?? (term.words[locale()] ?? Object.values(term.words)[0] ?? [''])[0];

/**
 * Words that translation keeps, or translates so. Of a shop, or of one room.
 *
 * @param {{ at: string, hint: string }} props `at`: `/stores/{id}` or `/rooms/{id}`
 */
export function Glossary({ at, hint }) {
  const { data, error, reload, set } = useLoad(async () => /** @type {Term[]} */ ((await api.get(`${at}/glossary`)).items), [at]);
  const [edited, edit] = useState(/** @type {Term | 'new' | null} */ (null));
  const [removed, remove] = useState(/** @type {Term | null} */ (null));
  const [table, setTable] = useState(/** @type {File | null} */ (null));
  const file = useRef(/** @type {HTMLInputElement | null} */ (null));
  const terms = data ?? [];

  const saved = (/** @type {Term} */ term) => set((list) => [...(list ?? []).filter(({ id }) => id !== term.id), term].sort((a, b) => a.id.localeCompare(b.id)));
  const download = async () => {
    try {
      const address = URL.createObjectURL(await (await request('GET', `/api/v1${at}/glossary.csv`)).blob());
      Object.assign(document.createElement('a'), { href: address, download: 'glossary.csv' }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    } catch (refused) {
      toast(refusalText(refused), { kind: 'bad' });
    }
  };
  const bring = async () => {
    const answer = await request('PUT', `/api/v1${at}/glossary.csv`, { body: await /** @type {File} */ (table).text(), headers: { 'Content-Type': 'text/csv' } });
    set((await answer.json()).items);
  };

  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Glossary')}</h2><p class="muted small">${hint}</p></div>
    ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${3} />`}
    ${data && !terms.length && html`<p class="muted">${t('No words yet. Add names that must stay, and words that have to be translated your way.')}</p>`}
    ${terms.length > 0 && html`<ul class="desk-list glossary-list">
      ${terms.map((term) => html`<li key=${term.id} class="row">
        <span class="grow glossary-term"><bdi class="strong">${nameOf(term)}</bdi> <span class="muted small">${term.keep ? t('stays as it is') : Object.entries(term.words).filter(([tag]) => tag !== locale()).map(([tag, words]) => html`<bdi key=${tag} lang=${tag} class="glossary-word">${words[0]}</bdi>`)}</span>${term.note && html`<span class="muted small glossary-note" dir="auto">${term.note}</span>`}</span>
        <${IconButton} icon="edit" label=${t('Edit {name}', { name: nameOf(term) })} onClick=${() => edit(term)} />
        <${IconButton} icon="trash" label=${t('Remove {name}', { name: nameOf(term) })} onClick=${() => remove(term)} />
      </li>`)}
    </ul>`}
    <div class="row glossary-acts">
      <${Button} icon="plus" onClick=${() => edit('new')}>${t('Add a word')}<//>
      <${Button} kind="quiet" icon="download" onClick=${download}>${t('As a table (CSV)')}<//>
      <${Button} kind="quiet" onClick=${() => file.current?.click()}>${t('Bring a table')}<//>
      <input ref=${file} type="file" accept=".csv,text/csv" class="sr-only" tabindex="-1" aria-label=${t('Bring a table')}
        onChange=${(/** @type {any} */ event) => (setTable(event.currentTarget.files?.[0] ?? null), (event.currentTarget.value = ''))} />
    </div>
    ${edited && html`<${TermEditor} at=${at} term=${edited === 'new' ? null : edited} onSaved=${saved} onClose=${() => edit(null)} />`}
    ${removed && html`<${ConfirmDialog} title=${t('Remove {name}?', { name: nameOf(removed) })} confirm=${t('Remove')} onClose=${() => remove(null)}
      onConfirm=${async () => {
        await api.delete(`${at}/glossary/${removed.id}`);
        set((list) => (list ?? []).filter(({ id }) => id !== removed.id));
      }}><p>${t('What is translated from now on does without it.')}</p><//>`}
    ${table && html`<${ConfirmDialog} title=${t('Replace the glossary?')} confirm=${t('Replace')} onClose=${() => setTable(null)} onConfirm=${bring}>
      <p><bdi>${table.name}</bdi></p><p>${t('The words that are here now go.')}</p><//>`}
  </section>`;
}

/** @param {{ at: string, term: Term | null, onSaved: (term: Term) => void, onClose: () => void }} props */
function TermEditor({ at, term, onSaved, onClose }) {
  const [isKept, keep] = useState(term ? term.keep !== null : false);
  const [kept, setKept] = useState(term?.keep ?? '');
  const [words, setWords] = useState(() => Object.fromEntries(LANGUAGES.map((tag) => [tag, (term?.words[tag] ?? []).join(', ')])));
  const [note, setNote] = useState(term?.note ?? '');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const tags = [locale(), ...LANGUAGES.filter((tag) => tag !== locale())];

  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const filled = Object.entries(words).map(([tag, text]) => [tag, text.split(/[,،、]/).map((word) => word.trim()).filter(Boolean)]).filter(([, list]) => list.length);
    if (isKept ? !kept.trim() : filled.length < 2) return setProblem(isKept ? t('Write the word.') : t('Write the word in two languages at least.'));
    setBusy(true);
    try {
      const body = isKept ? { keep: kept.trim(), note } : { words: Object.fromEntries(filled), note };
      onSaved(term ? await api.put(`${at}/glossary/${term.id}`, body) : await api.post(`${at}/glossary`, body));
      onClose();
    } catch (error) {
      setProblem(refusalText(error));
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${term ? t('Edit the word') : t('Add a word')} onClose=${onClose}>
    <form class="stack" onSubmit=${save} noValidate>
      ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
      <label class="row"><input type="checkbox" checked=${isKept} onChange=${(/** @type {any} */ event) => keep(event.currentTarget.checked)} /><span>${t('It stays as it is in every language')}</span></label>
      ${isKept
        ? html`<${FormField} label=${t('Word')} value=${kept} maxlength="80" dir="auto" onInput=${(/** @type {string} */ value) => (setKept(value), setProblem(''))} />`
        : html`<p class="muted small">${t('The first word of a language is shown; further ones, after a comma, are recognised. Inflected forms are found by themselves.')}</p>
          <div class="glossary-fields">${tags.map((tag) => html`<${FormField} key=${tag} label=${languageName(tag)} lang=${tag} dir="auto" value=${words[tag]} maxlength="300"
            onInput=${(/** @type {string} */ value) => (setWords({ ...words, [tag]: value }), setProblem(''))} />`)}</div>`}
      <${FormField} label=${t('Note')} optional=${t('optional')} value=${note} maxlength="200" dir="auto" onInput=${setNote} />
      <${Button} type="submit" kind="primary" wide busy=${isBusy}>${t('Save')}<//>
    </form>
  <//>`;
}
