import { html } from 'htm/preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatNumber, languageName } from '../lib/format.js';
import { locale, t, tn } from '../lib/i18n.js';
import { changed, grouped, keyOf, patiently, progressOf, Unsaved } from '../lib/wording.js';
import { Button } from './button.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { Sheet } from './dialog.js';
import { FormField } from './form-field.js';
import { LOCALES } from './locale-picker.js';
import { refusalText } from './refusal.js';
import { EmptyState, ErrorState, SkeletonText } from './states.js';
import { useLoad } from './use-load.js';
import { WordingCard } from './wording-card.js';

/** @typedef {import('../lib/wording.js').TextOf} TextOf */
/** @typedef {import('../lib/wording.js').Change} Change */

/** The language that was looked at last, on this device. */
const REMEMBERED = 'livehub.wording';

/**
 * What a room, a shop or a product says, in one language after the other: what an engine made of it, and what people write instead.
 *
 * @param {{ wording: import('../lib/wording.js').Wording, spot?: import('../lib/wording.js').Spot, empty?: string, children?: any, onClose: () => void }} props
 *   `spot`: the text to begin at; `empty`: what to do where there is nothing yet; `children` stand below all texts
 */
export function WordingSheet({ wording, spot, empty, children, onClose }) {
  const { data: listed, error, reload, set } = useLoad((signal) => wording.list(signal), [wording.at]);
  const data = listed?.texts ?? null;
  const [tag, setTag] = useState(rememberedTag);
  const unsaved = useUnsaved(wording.at, data);
  const [isLeaving, leave] = useState(false);
  const body = useRef(/** @type {HTMLElement | null} */ (null));
  const take = (/** @type {Change[]} */ changes) => set((now) => ({ isAll: now?.isAll ?? true, texts: changed(now?.texts ?? [], changes) }));
  const choose = (/** @type {string} */ next) => {
    setTag(next);
    localStorage.setItem(REMEMBERED, next);
  };
  const key = spot && keyOf(spot);
  useEffect(() => {
    const card = key && data && /** @type {HTMLElement | null | undefined} */ (body.current?.querySelector(`[data-text="${CSS.escape(key)}"]`));
    if (!card) return;
    card.scrollIntoView({ block: 'start' });
    card.focus({ preventScroll: true });
  }, [key, data !== null]);

  return html`<${Sheet} title=${t('In other languages')} onClose=${() => (unsaved.count ? leave(true) : onClose())} class="desk-sheet">
    <div class="stack wording" ref=${body}>
      <p class="muted small">${t('Viewers see this in their language. What you write here is never replaced by a machine. A text that changes is translated anew.')}</p>
      ${unsaved.isBack && html`<p class="note row"><span class="grow">${t('Your unsaved changes are back.')}</span><${Button} size="s" kind="quiet" onClick=${unsaved.clear}>${t('Start over')}<//></p>`}
      <${FormField} as="select" label=${t('Language')} value=${tag} onInput=${choose}>
        ${LOCALES.map(([each, name]) => html`<option key=${each} value=${each} selected=${each === tag}>${each === locale() ? name : `${name} – ${languageName(each)}`}</option>`)}
      <//>
      ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
      ${!data && !error && html`<div aria-busy="true"><span class="sr-only">${t('Loading…')}</span><${SkeletonText} lines=${8} /></div>`}
      ${data && !data.length && html`<${EmptyState} icon="globe" title=${t('Nothing to translate yet')}>${empty}<//>`}
      ${data && data.length > 0 && html`<${Progress} key=${tag} wording=${wording} texts=${data} tag=${tag} onChange=${take} />`}
      ${data && grouped(data).map(({ group, texts }) => html`<section key=${group} class="wording-group" aria-labelledby=${`wording-${group}`}>
        <h3 id=${`wording-${group}`} class="wording-title">${groupName(group)}</h3>
        <ul class="wording-list">
          ${texts.map((text) => html`<${WordingCard} key=${`${tag} ${keyOf(text)}`} wording=${wording} text=${text} tag=${tag} typed=${unsaved.of(tag, text)}
            onType=${(/** @type {string | undefined} */ words) => unsaved.put(tag, text, words)} onChange=${take} />`)}
        </ul>
      </section>`)}
      ${listed && !listed.isAll && html`<p class="note">${t('There is more than can be shown. Only the first {n} are here.', { n: formatNumber(listed.texts.length) })}</p>`}
      ${children}
    </div>
    ${isLeaving && html`<${ConfirmDialog} title=${t('Close without saving?')} confirm=${t('Close without saving')} onClose=${() => leave(false)} onConfirm=${() => (unsaved.clear(), onClose())}>
      <p>${tn('What you wrote for {n} text is lost.', 'What you wrote for {n} texts is lost.', unsaved.count)}</p>
    <//>`}
  <//>`;
}

/** @returns {string} */
function rememberedTag() {
  const known = localStorage.getItem(REMEMBERED);
  return (LOCALES.find(([tag]) => tag === known) ?? LOCALES.find(([tag]) => tag !== locale()) ?? LOCALES[0])[0];
}

/** What is typed and not saved; what an earlier page left comes back. @param {string} at @param {TextOf[] | null} texts */
function useUnsaved(at, texts) {
  const kept = useMemo(() => new Unsaved(at, sessionStorage), [at]);
  const [isBack, setBack] = useState(kept.words.size > 0);
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!texts) return;
    kept.weed(texts);
    redraw((times) => times + 1);
  }, [kept, texts]);
  return {
    isBack: isBack && kept.words.size > 0,
    count: kept.words.size,
    of: kept.of.bind(kept),
    put: (/** @type {string} */ tag, /** @type {TextOf} */ text, /** @type {string | undefined} */ words) => {
      kept.put(tag, text, words);
      redraw((times) => times + 1);
    },
    clear: () => {
      kept.clear();
      setBack(false);
    },
  };
}

/**
 * How far a language is, and the way to have an engine draft what is missing: one text after the other.
 *
 * @param {{ wording: import('../lib/wording.js').Wording, texts: TextOf[], tag: string, onChange: (changes: Change[]) => void }} props
 */
function Progress({ wording, texts, tag, onChange }) {
  const { all, done, missing } = progressOf(texts, tag);
  const [isMaking, setMaking] = useState(false);
  const [problem, setProblem] = useState('');
  const isStopped = useRef(false);
  useEffect(() => () => void (isStopped.current = true), []);

  const make = async () => {
    setMaking(true);
    setProblem('');
    isStopped.current = false;
    let without = 0;
    for (const text of missing) {
      try {
        const changes = await patiently(() => wording.draft(text, tag), () => isStopped.current);
        if (!changes) break;
        onChange(changes);
      } catch (error) {
        if (/** @type {{ code?: string }} */ (error).code !== 'text_not_translated') {
          setProblem(refusalText(error));
          break;
        }
        without += 1;
        setProblem(tn('No engine has {n} of them. Write it yourself.', 'No engine has {n} of them. Write them yourself.', without));
      }
    }
    setMaking(false);
  };
  if (!all) return html`<p class="muted" role="status">${t('All of it is written in this language.')}</p>`;
  return html`<div class="stack wording-progress">
    <p class="wording-done" role="status">${t('{done} of {all} are translated', { done, all })}</p>
    <progress aria-label=${t('{done} of {all} are translated', { done, all })} max=${all} value=${done}></progress>
    ${problem && html`<p class="note note-warn" role="alert">${problem}</p>`}
    ${(missing.length > 1 || isMaking) && html`<div><${Button} size="s" icon=${isMaking ? undefined : 'globe'} onClick=${isMaking ? () => void (isStopped.current = true) : make}>
      ${isMaking ? t('Stop') : t('Draft all that is missing')}<//></div>`}
  </div>`;
}

/** @param {import('../lib/wording.js').Group} group */
const groupName = (group) => ({
  heading: t('Title and description'), pinned: t('Pinned message'), announcements: t('Announcements'), polls: t('Polls'), questions: t('Questions'),
  draws: t('Lucky draws'), variants: t('Variants'), bundles: t('Bundles'), donations: t('Donations'), categories: t('Categories'),
  places: t('Pick-up places'), notes: t('Notes with digital goods'), other: t('Other'),
})[group];
