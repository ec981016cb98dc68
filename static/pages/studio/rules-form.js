import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { languageName } from '../../lib/format.js';
import { locale, t } from '../../lib/i18n.js';

/** @typedef {import('./moderation.js').Rules} Rules */

const LANGUAGES = ['*', 'ar', 'en', 'es', 'fr', 'id', 'ja', 'ru', 'th', 'tr', 'vi', 'zh'];
const SLOW_S = [0, 5, 10, 30, 60, 300];

/** One word a line. @param {string} text */
export const wordsOf = (text) => text.split('\n').map((word) => word.trim()).filter(Boolean);

/** @param {{ desk: import('./moderation.js').Moderation, rules: Rules }} props */
export function RulesForm({ desk, rules }) {
  const [draft, setDraft] = useState(rules);
  const [language, setLanguage] = useState('*');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const change = (/** @type {Partial<Rules>} */ part) => setDraft({ ...draft, ...part });
  const list = draft.words[language] ?? { refused: [], held: [] };
  const setList = (/** @type {'refused'|'held'} */ kind, /** @type {string} */ text) =>
    change({ words: { ...draft.words, [language]: { ...list, [kind]: text.split('\n') } } });
  const seconds = new Intl.NumberFormat(locale(), { style: 'unit', unit: 'second', unitDisplay: 'long' });

  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    const words = Object.fromEntries(Object.entries(draft.words).map(([tag, { refused, held }]) => [tag, { refused: wordsOf(refused.join('\n')), held: wordsOf(held.join('\n')) }]));
    try {
      await desk.save({ ...draft, words, allowed_hosts: wordsOf(draft.allowed_hosts.join('\n')) });
      toast(t('The rules hold from now on.'), { kind: 'good' });
    } catch (error) {
      setProblem(refusalText(error));
    }
    setBusy(false);
  };

  return html`<form class="stack moderation-rules" onSubmit=${save}>
    <${FormField} as="select" label=${t('Slow mode')} value=${String(draft.slow_s)} onInput=${(/** @type {string} */ value) => change({ slow_s: Number(value) })}
      hint=${t('How long a viewer waits between two lines.')}>
      ${[...new Set([...SLOW_S, draft.slow_s])].map((value) => html`<option key=${value} value=${String(value)}>${value ? seconds.format(value) : t('off')}</option>`)}
    <//>
    <${FormField} as="select" label=${t('Links')} value=${draft.links} onInput=${(/** @type {string} */ links) => change({ links })}>
      <option value="allow">${t('allowed')}</option><option value="hold">${t('wait for a moderator')}</option><option value="refuse">${t('not allowed')}</option>
    <//>
    ${draft.links !== 'allow' && html`<${FormField} as="textarea" rows="2" label=${t('Sites that may be linked to')} value=${draft.allowed_hosts.join('\n')} dir="ltr"
      onInput=${(/** @type {string} */ text) => change({ allowed_hosts: text.split('\n') })} hint=${t('One a line, such as example.org')} />`}
    <${FormField} as="select" label=${t('Words in')} value=${language} onInput=${setLanguage}>
      ${LANGUAGES.map((tag) => html`<option key=${tag} value=${tag}>${tag === '*' ? t('every language') : languageName(tag)}</option>`)}
    <//>
    <${FormField} as="textarea" rows="3" label=${t('Words that are refused')} value=${list.refused.join('\n')} dir="auto" onInput=${(/** @type {string} */ text) => setList('refused', text)}
      hint=${t('One a line. Other spellings, such as w0rd or w.o.r.d, are found as well; a * at the end stands for any ending.')} />
    <${FormField} as="textarea" rows="3" label=${t('Words that a moderator looks at')} value=${list.held.join('\n')} dir="auto" onInput=${(/** @type {string} */ text) => setList('held', text)} />
    <label class="check"><input type="checkbox" checked=${draft.raids} onChange=${(/** @type {any} */ event) => change({ raids: event.currentTarget.checked })} /><span>${t('Hold what many write at once')}</span></label>
    <label class="check"><input type="checkbox" checked=${draft.hold_all} onChange=${(/** @type {any} */ event) => change({ hold_all: event.currentTarget.checked })} /><span>${t('Look at every line of viewers first')}</span></label>
    ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
    <${Button} type="submit" kind="primary" wide busy=${isBusy}>${t('Save the rules')}<//>
  </form>`;
}
