import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { formatTime } from '../lib/format.js';
import { locale, t } from '../lib/i18n.js';
import { Icon } from './icon.js';

/** @typedef {import('../lib/words-state.js').WordsState} WordsState */
/** @typedef {Pick<WordsState, 'of'>} Words */

/**
 * A text in my language, with a small mark that shows the original; as it is, where nobody translated it.
 *
 * @param {{ words?: Words, text: string, withMark?: boolean }} props `withMark` false inside of buttons and labels
 */
export function Said({ words, text, withMark = true }) {
  const [original, setOriginal] = useState(false);
  const found = words?.of(text);
  if (!found) return html`<bdi>${text}</bdi>`;
  return html`<bdi lang=${original ? undefined : locale()}>${original ? text : found.text}</bdi>${withMark && html`<${OriginalMark} original=${original} onToggle=${() => setOriginal(!original)} />`}`;
}

/**
 * The same of whole paragraphs, each of which runs as its own language does.
 *
 * @param {{ words?: Words, text: string, class: string }} props
 */
export function SaidAtLength({ words, text, class: name }) {
  const [original, setOriginal] = useState(false);
  const found = words?.of(text);
  const isOriginal = !found || original;
  return html`<p class=${name} dir="auto" lang=${isOriginal ? undefined : locale()}>${isOriginal ? text : found.text}${found && html` <${OriginalMark} original=${original} onToggle=${() => setOriginal(!original)} />`}</p>`;
}

/**
 * The same for where the mark has to stand apart: outside of a button, or of a sentence.
 *
 * @param {Words | undefined} words
 * @param {string} text
 */
export function useSaid(words, text) {
  const [original, setOriginal] = useState(false);
  const found = words?.of(text);
  const isTranslated = Boolean(found) && !original;
  return {
    shown: found && isTranslated ? found.text : text,
    lang: isTranslated ? locale() : undefined,
    mark: found && html`<${OriginalMark} original=${original} onToggle=${() => setOriginal(!original)} />`,
  };
}

/**
 * A title of a few lines at the most, whose mark is seen however long it is.
 *
 * @param {{ words?: Words, text: string, children?: any }} props `children` follow the title in its lines
 */
export function SaidInShort({ words, text, children }) {
  const { shown, lang, mark } = useSaid(words, text);
  return html`<span class="said-lines"><bdi lang=${lang}>${shown}</bdi>${children}</span>${mark}`;
}

/** @param {{ original: boolean, onToggle: () => void }} props */
export const OriginalMark = ({ original, onToggle }) => html`<button type="button" class="chat-mark" aria-pressed=${original ? 'true' : 'false'} onClick=${onToggle}
  title=${original ? t('Show the translation') : t('Show the original')}>
  <${Icon} name="original" size=${14} /><span class="sr-only">${original ? t('Show the translation') : t('Show the original')}</span>
</button>`;

/** That nothing more is translated today, for those who read. @param {{ words: WordsState }} props */
export function SpentNote({ words }) {
  const until = words.spentUntil.value;
  if (!until || Date.parse(until) <= Date.now()) return null;
  return html`<p class="words-spent small" role="status"><${Icon} name="globe" size=${16} />${t('Translation is used up for today. Messages stay in their own language until {time}.', { time: formatTime(until) })}</p>`;
}
