import { html } from 'htm/preact';
import { useRef, useState } from 'preact/hooks';
import { formatTime } from '../lib/format.js';
import { t, tn } from '../lib/i18n.js';
import { Button, IconButton } from './button.js';
import { FormField } from './form-field.js';
import { Said } from './said.js';
import { Icon } from './icon.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/** @typedef {import('../lib/interaction-state.js').InteractionState} InteractionState */
/** @typedef {import('../lib/interaction-state.js').Question} Question */

const MAX_CHARS = 300;

/** @param {unknown} error */
const tell = (error) => toast(refusalText(error), { kind: 'bad' });

/**
 * Questions that wait, the most wanted first, and those that were answered.
 *
 * @param {{ together: InteractionState, mine: string | undefined, mayAsk: boolean, mayManage: boolean, words?: import('../lib/words-state.js').WordsState }} props `mine`: my identity
 */
export function QuestionList({ together, mine, mayAsk, mayManage, words }) {
  const waiting = together.waiting.value;
  const answered = together.answered.value;
  const row = (/** @type {Question} */ question) => html`<${Row} key=${question.id} together=${together} question=${question} mine=${mine} mayAsk=${mayAsk} mayManage=${mayManage} words=${words} />`;
  return html`<div class="questions">
    ${mayAsk && html`<${AskForm} together=${together} />`}
    ${!waiting.length && html`<p class="muted">${t('No questions yet.')}</p>`}
    <ul class="question-list">${waiting.map(row)}</ul>
    ${answered.length > 0 && html`<h4 class="question-head">${t('Answered')}</h4><ul class="question-list">${answered.map(row)}</ul>`}
  </div>`;
}

/** @param {{ together: InteractionState, question: Question, mine: string | undefined, mayAsk: boolean, mayManage: boolean, words?: import('../lib/words-state.js').WordsState }} props */
function Row({ together, question, mine, mayAsk, mayManage, words }) {
  const isMine = question.author.identity === mine;
  const isUp = together.myUpvotes.value.has(question.id);
  const isAnswered = question.state === 'answered';
  const call = (/** @type {string} */ name, /** @type {object} */ more = {}) => together.connection.call(name, { question: question.id, ...more }).catch(tell);
  return html`<li class=${`question ${isAnswered ? 'is-answered' : ''}`}>
    <button type="button" class=${`question-vote ${isUp ? 'is-up' : ''}`} aria-pressed=${isUp ? 'true' : 'false'} disabled=${!mayAsk || isAnswered}
      aria-label=${`${t('Vote this question up')}, ${tn('{n} vote', '{n} votes', question.votes)}`} onClick=${() => together.toggleUpvote(question.id).catch(tell)}>
      <${Icon} name="up" size=${18} /><span class="tabular">${question.votes}</span>
    </button>
    <div class="grow">
      <p class="question-text" dir="auto"><${Said} words=${words} text=${question.text} /></p>
      <p class="muted small"><bdi>${question.author.display_name}</bdi> · <time dateTime=${question.at}>${formatTime(question.at)}</time></p>
    </div>
    ${mayManage && html`<${IconButton} icon=${isAnswered ? 'flip' : 'check'} label=${isAnswered ? t('Not answered yet') : t('Mark as answered')}
      onClick=${() => call('question:mark', { state: isAnswered ? 'waiting' : 'answered' })} />`}
    ${(mayManage || isMine) && html`<${IconButton} icon="trash" label=${t('Remove this question')} onClick=${() => call('question:remove')} />`}
  </li>`;
}

/** @param {{ together: InteractionState }} props */
function AskForm({ together }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const clientId = useRef(crypto.randomUUID());
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!text.trim()) return;
    setBusy(true);
    try {
      await together.ask(text, clientId.current);
      clientId.current = crypto.randomUUID();
      setText('');
    } catch (error) {
      setProblem(refusalText(error)); // what was typed stays, and is the same question when it is sent again
    }
    setBusy(false);
  };
  return html`<form class="question-ask" onSubmit=${send} noValidate>
    <${FormField} class="grow" label=${t('Your question')} value=${text} maxlength=${MAX_CHARS} dir="auto" autocomplete="off" error=${problem}
      onInput=${(/** @type {string} */ value) => (setText(value), setProblem(''))} />
    <${Button} type="submit" kind="primary" busy=${isBusy} disabled=${!text.trim()}>${t('Ask')}<//>
  </form>`;
}
