import { html } from 'htm/preact';
import { useId, useRef, useState } from 'preact/hooks';
import { languageName } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { directionOf, isItself, keyOf, rowsFor } from '../lib/wording.js';
import { Button } from './button.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { FormField } from './form-field.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/** What a name in full is at the most in the name of its field, for those who hear it. */
const NAMED_CHARS = 60;

/**
 * One text, and what stands for it in a language.
 *
 * @param {{ wording: import('../lib/wording.js').Wording, text: import('../lib/wording.js').TextOf, tag: string, typed: string | undefined,
 *   onType: (words: string | undefined) => void, onChange: (changes: import('../lib/wording.js').Change[]) => void }} props
 *   `typed`: words that are not saved
 */
export function WordingCard({ wording, text, tag, typed, onType, onChange }) {
  const id = useId();
  const card = useRef(/** @type {HTMLElement | null} */ (null));
  const [busy, setBusy] = useState(/** @type {'' | 'save' | 'make'} */ (''));
  const [problem, setProblem] = useState('');
  const [asksBack, askBack] = useState(false);
  const [isForced, force] = useState(false);
  const made = text.translations[tag];
  const words = typed ?? made?.text ?? '';

  const type = (/** @type {string} */ value) => {
    setProblem('');
    onType(value === (made?.text ?? '') ? undefined : value);
  };
  const run = async (/** @type {'save' | 'make'} */ what, /** @type {() => Promise<import('../lib/wording.js').Change[]>} */ act) => {
    setBusy(what);
    setProblem('');
    try {
      onChange(await act());
      onType(undefined);
      card.current?.focus({ preventScroll: true }); // the button that was pressed has nothing more to do
      if (what === 'save') toast(t('Saved.'), { kind: 'good' });
    } catch (error) {
      setProblem(refusalText(error));
    }
    setBusy('');
  };
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (typed === undefined || busy) return;
    if (words.trim()) run('save', () => wording.write(text, tag, words));
    else if (made?.edited) askBack(true);
    else type(made?.text ?? '');
  };
  const back = async () => {
    onChange(await wording.write(text, tag, ''));
    onType(undefined);
    setProblem('');
  };

  const kind = kindName(text.kind);
  const from = text.original && t('Written in {language}', { language: languageName(text.original) });
  return html`<li class="wording-card" ref=${card} tabindex="-1" data-text=${keyOf(text)} aria-labelledby=${`${id}-source`}>
    <p id=${`${id}-source`} class="wording-source" dir="auto" lang=${text.original ?? undefined}>${text.source}</p>
    ${(kind || from) && html`<p class="muted small">${[kind, from].filter(Boolean).join(' · ')}</p>`}
    ${isItself(text, tag) && typed === undefined && !isForced
      ? html`<p class="muted small">${t('Nothing to translate: it is in this language already.')}</p>
        ${!text.message && html`<div><${Button} size="s" kind="quiet" onClick=${() => force(true)}>${t('It is not: write it')}<//></div>`}`
      : html`<form class="stack wording-form" role="group" aria-labelledby=${`${id}-source`} onSubmit=${save} noValidate>
        <${Field} text=${text} tag=${tag} words=${words} made=${made} isTyped=${typed !== undefined} problem=${problem} onInput=${type} />
        <div class="row row-wrap">
          <${Button} size="s" type="submit" kind="primary" busy=${busy === 'save'} disabled=${typed === undefined}>${t('Save')}<//>
          ${!made && typed === undefined && text.original !== tag && html`<${Button} size="s" kind="quiet" icon="globe" busy=${busy === 'make'} onClick=${() => run('make', () => wording.draft(text, tag))}>${t('Translate')}<//>`}
          ${made?.edited && html`<${Button} size="s" kind="quiet" aria-haspopup="dialog" onClick=${() => askBack(true)}>${t('Back to the machine’s')}<//>`}
        </div>
      </form>`}
    ${asksBack && html`<${ConfirmDialog} title=${t('Back to the machine’s translation?')} confirm=${t('Take mine away')} onClose=${() => askBack(false)} onConfirm=${back}>
      <p>${t('Nobody sees this any more:')}</p>
      <blockquote class="wording-source" dir=${directionOf(tag)} lang=${tag}>${made?.text}</blockquote>
    <//>`}
  </li>`;
}

/**
 * @param {{ text: import('../lib/wording.js').TextOf, tag: string, words: string, made: import('../lib/wording.js').Made | undefined, isTyped: boolean,
 *   problem: string, onInput: (words: string) => void }} props
 */
function Field({ text, tag, words, made, isTyped, problem, onInput }) {
  const rows = rowsFor(text.source, words, made?.text ?? '');
  const maker = made?.edited ? t('Written by you') : made ? t('By {engine}', { engine: made.engine }) : t('No translation yet: viewers read the original.');
  const isOneLine = !text.source.includes('\n');
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.isComposing || !isOneLine) return;
    event.preventDefault();
    /** @type {HTMLTextAreaElement} */ (event.currentTarget).form?.requestSubmit();
  };
  const short = text.source.length > NAMED_CHARS ? `${text.source.slice(0, NAMED_CHARS)}…` : text.source;
  return html`<${FormField} as="textarea" rows=${rows} value=${words} lang=${tag} dir=${directionOf(tag)} maxlength="4000" spellcheck="true" onInput=${onInput} onKeyDown=${onKeyDown} enterkeyhint=${isOneLine ? 'done' : undefined}
    label=${html`${languageName(tag)}<span class="sr-only"> <bdi lang=${text.original ?? undefined}>${short}</bdi></span>`}
    error=${problem} hint=${isTyped ? t('Not saved yet') : maker} />`;
}

/** Of kinds that stand beside others; the group's name says the rest. @param {string} kind */
const kindName = (kind) => ({ title: t('Title'), name: t('Name'), description: t('Description'), poll: t('Poll'), option: t('Option'), place: t('Name'), directions: t('How to find it') })[kind] ?? '';
