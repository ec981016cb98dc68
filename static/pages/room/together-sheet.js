import { html } from 'htm/preact';
import { Dialog } from '../../components/dialog.js';
import { DrawView } from '../../components/draw-view.js';
import { PollView } from '../../components/poll-view.js';
import { QuestionList } from '../../components/question-list.js';
import { t } from '../../lib/i18n.js';

/** Poll, draw and questions, beside the picture. @param {{ session: import('./show-session.js').ShowSession, onClose: () => void }} props */
export function TogetherSheet({ session, onClose }) {
  const { state } = session;
  const { together } = state;
  // What one can take part in now comes first.
  const isDrawFirst = together.poll.value?.state !== 'open' && ['open', 'closed'].includes(together.draw.value?.state ?? '');
  const poll = together.poll.value && html`<${PollView} key=${together.poll.value.id} together=${together} words=${state.words} mayVote=${state.can('poll.vote')} />`;
  const draw = together.draw.value && html`<${DrawView} key=${together.draw.value.id} together=${together} words=${state.words} room=${session.id} mayEnter=${state.can('draw.enter')} />`;
  return html`<${Dialog} shape="sheet" class="together-sheet" title=${t('Take part')} onClose=${onClose}>
    <div class="stack together">
      ${isDrawFirst ? [draw, poll] : [poll, draw]}
      <section aria-labelledby="questions-title">
        <h3 id="questions-title">${t('Questions')}</h3>
        <${QuestionList} together=${together} words=${state.words} mine=${state.me.value?.identity} mayAsk=${state.can('question.ask')} mayManage=${state.can('question.manage')} />
      </section>
    </div>
  <//>`;
}
