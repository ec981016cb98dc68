import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { t, tn } from '../lib/i18n.js';
import { OriginalMark } from './said.js';
import { Icon } from './icon.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/** @typedef {import('../lib/interaction-state.js').InteractionState} InteractionState */

/**
 * A poll with its live sums. Choosing an option votes; choosing another changes the vote.
 *
 * @param {{ together: InteractionState, mayVote: boolean, words?: import('../lib/words-state.js').WordsState }} props
 */
export function PollView({ together, mayVote, words }) {
  const poll = /** @type {import('../lib/interaction-state.js').Poll} */ (together.poll.value);
  const [isBusy, setBusy] = useState(false);
  const [original, setOriginal] = useState(false);
  const isTranslated = Boolean(words && [poll.question, ...poll.options.map(({ text }) => text)].some((text) => words.of(text)));
  const said = (/** @type {string} */ text) => (original ? text : (words?.plain(text) ?? text));
  const isOpen = poll.state === 'open';
  const most = Math.max(1, ...poll.options.map(({ votes }) => votes));
  const choose = async (/** @type {number} */ option) => {
    setBusy(true);
    await together.vote(option).catch((error) => toast(refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  return html`<fieldset class="poll" aria-busy=${isBusy || undefined}>
    <legend class="poll-question" dir="auto">${said(poll.question)}${isTranslated && html`<${OriginalMark} original=${original} onToggle=${() => setOriginal(!original)} />`}</legend>
    ${poll.options.map((option, at) => {
      const share = poll.voters ? Math.round((100 * option.votes) / poll.voters) : 0;
      const isMine = together.myVote.value === at;
      const isFirst = !isOpen && option.votes === most && option.votes > 0;
      return html`<label key=${at} class=${`poll-option ${isMine ? 'is-mine' : ''} ${isFirst ? 'is-first' : ''}`}>
        <input type="radio" name=${`poll-${poll.id}`} value=${at} checked=${isMine} disabled=${!isOpen || !mayVote} onChange=${() => choose(at)} />
        <span class="poll-bar" aria-hidden="true" style=${{ inlineSize: `${share}%` }}></span>
        <span class="poll-text" dir="auto">${said(option.text)}</span>
        ${isMine && html`<${Icon} name="check" size=${18} />`}
        <span class="poll-share tabular">${share} %<span class="sr-only">, ${tn('{n} vote', '{n} votes', option.votes)}</span></span>
      </label>`;
    })}
    <p class="muted small">${tn('{n} vote', '{n} votes', poll.voters)} · ${isOpen ? t('Open') : t('Closed')}</p>
  </fieldset>`;
}
