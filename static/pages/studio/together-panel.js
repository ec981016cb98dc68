import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { DrawView } from '../../components/draw-view.js';
import { FormField } from '../../components/form-field.js';
import { PollView } from '../../components/poll-view.js';
import { QuestionList } from '../../components/question-list.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

const MOST_OPTIONS = 10;

/** What the room does together, for those who run it. @param {{ session: StudioSession }} props */
export function TogetherPanel({ session }) {
  const { state } = session;
  const { together } = state;
  const isPollOpen = together.poll.value?.state === 'open';
  const isDrawRunning = ['open', 'closed'].includes(together.draw.value?.state ?? '');
  return html`<div class="panel panel-scroll stack together">
    <section class="stack" aria-labelledby="panel-questions">
      <h3 id="panel-questions">${t('Questions')}</h3>
      <${QuestionList} together=${together} words=${state.words} mine=${state.me.value?.identity} mayAsk=${false} mayManage=${state.can('question.manage')} />
    </section>
    ${state.can('poll.run') && html`<section class="stack" aria-labelledby="panel-poll">
      <h3 id="panel-poll">${t('Poll')}</h3>
      ${together.poll.value && html`<${PollView} together=${together} words=${state.words} mayVote=${false} /><${Languages} session=${session} text=${together.poll.value.question} />`}
      ${isPollOpen && html`<${Run} session=${session} name="poll:close" payload=${{ poll: together.poll.value?.id }}>${t('Close the poll')}<//>`}
      ${!isPollOpen && html`<${PollForm} session=${session} />`}
    </section>`}
    ${state.can('draw.run') && html`<section class="stack" aria-labelledby="panel-draw">
      <h3 id="panel-draw">${t('Lucky draw')}</h3>
      ${together.draw.value && html`<${DrawView} key=${together.draw.value.id} together=${together} words=${state.words} room=${session.id} mayEnter=${false} /><${Languages} session=${session} text=${together.draw.value.title} />`}
      ${together.draw.value && isDrawRunning && html`<${DrawSteps} session=${session} draw=${together.draw.value} />`}
      ${!isDrawRunning && html`<${DrawForm} session=${session} />`}
    </section>`}
  </div>`;
}

/** The way to what stands for a text in other languages. @param {{ session: StudioSession, text: string }} props */
function Languages({ session, text }) {
  return html`<div><${Button} size="s" kind="quiet" icon="globe" aria-haspopup="dialog" onClick=${() => (session.wording.value = { source: text, message: null })}>${t('In other languages')}<//></div>`;
}

/** A button that makes a call. @param {{ session: StudioSession, name: string, payload: Record<string, unknown>, kind?: 'primary'|'secondary'|'quiet', children?: any }} props */
function Run({ session, name, payload, kind = 'primary', children }) {
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await session.connection.call(name, payload).catch((error) => toast(refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  return html`<${Button} kind=${kind} busy=${isBusy} onClick=${run}>${children}<//>`;
}

/** @param {{ session: StudioSession, draw: import('../../lib/interaction-state.js').Draw }} props */
const DrawSteps = ({ session, draw }) => html`<div class="row row-wrap">
  ${draw.state === 'open' && html`<${Run} session=${session} name="draw:close" payload=${{ draw: draw.id }}>${t('Close entries')}<//>`}
  ${draw.state === 'closed' && html`<${Run} session=${session} name="draw:draw" payload=${{ draw: draw.id }}>${t('Draw the winners')}<//>`}
  <${Run} session=${session} kind="quiet" name="draw:cancel" payload=${{ draw: draw.id }}>${t('Call it off')}<//>
</div>`;

/** What the two forms share: busy while sent, what went wrong, emptied once it is open. @param {StudioSession} session */
function useOpening(session) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const open = async (/** @type {string} */ name, /** @type {Record<string, unknown>} */ payload) => {
    setBusy(true);
    setProblem('');
    try {
      await session.connection.call(name, payload);
      return true;
    } catch (error) {
      setProblem(refusalText(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, open };
}

/** @param {{ session: StudioSession }} props */
function PollForm({ session }) {
  const [question, setQuestion] = useState('');
  const [options, setOptions] = useState(['', '']);
  const { isBusy, problem, open } = useOpening(session);
  const filled = options.map((text) => text.trim()).filter(Boolean);
  const set = (/** @type {number} */ at, /** @type {string} */ text) => setOptions(options.map((known, i) => (i === at ? text : known)));
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await open('poll:open', { question, options: filled })) {
      setQuestion('');
      setOptions(['', '']);
    }
  };
  return html`<form class="stack" onSubmit=${send} noValidate>
    <${FormField} label=${t('What do you want to know?')} value=${question} maxlength="200" dir="auto" autocomplete="off" onInput=${setQuestion} error=${problem} />
    ${options.map((text, at) => html`<div key=${at} class="row poll-edit">
      <${FormField} class="grow" label=${t('Option {n}', { n: at + 1 })} value=${text} maxlength="80" dir="auto" autocomplete="off" onInput=${(/** @type {string} */ value) => set(at, value)} />
      ${options.length > 2 && html`<${IconButton} icon="close" label=${t('Remove option {n}', { n: at + 1 })} onClick=${() => setOptions(options.filter((_, i) => i !== at))} />`}
    </div>`)}
    <div class="row row-wrap">
      ${options.length < MOST_OPTIONS && html`<${Button} size="s" icon="plus" onClick=${() => setOptions([...options, ''])}>${t('Another option')}<//>`}
      <${Button} type="submit" kind="primary" busy=${isBusy} disabled=${!question.trim() || filled.length < 2}>${t('Open the poll')}<//>
    </div>
  </form>`;
}

/** @param {{ session: StudioSession }} props */
function DrawForm({ session }) {
  const [title, setTitle] = useState('');
  const [places, setPlaces] = useState('1');
  const [keyword, setKeyword] = useState('');
  const { isBusy, problem, open } = useOpening(session);
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (await open('draw:open', { title, places: Number(places) || 0, keyword: keyword.trim() || null })) {
      setTitle('');
      setKeyword('');
    }
  };
  return html`<form class="stack" onSubmit=${send} noValidate>
    <${FormField} label=${t('What can be won?')} value=${title} maxlength="120" dir="auto" autocomplete="off" onInput=${setTitle} error=${problem} />
    <div class="row row-wrap draw-edit">
      <${FormField} label=${t('Winners')} type="number" inputmode="numeric" min="1" max="50" value=${places} onInput=${setPlaces} />
      <${FormField} class="grow" label=${t('Keyword')} optional=${t('optional')} hint=${t('Who writes it in the chat has entered.')} value=${keyword} maxlength="30" dir="auto" autocomplete="off" onInput=${setKeyword} />
    </div>
    <div><${Button} type="submit" kind="primary" busy=${isBusy} disabled=${!title.trim()}>${t('Open the draw')}<//></div>
  </form>`;
}
