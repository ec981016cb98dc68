import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Header } from '../components/header.js';
import { refusalText } from '../components/refusal.js';
import { EmptyState } from '../components/states.js';
import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';

/** What links in letters lead to. The key stands behind the #, and only a press does something: mail programs look at links, too. */
export default function LettersPage() {
  const isConfirm = window.location.pathname.endsWith('/confirm');
  const [state, setState] = useState(/** @type {'asked'|'busy'|'done'} */ ('asked'));
  const [problem, setProblem] = useState('');
  const act = async () => {
    setState('busy');
    setProblem('');
    try {
      await api.post(isConfirm ? '/letters/confirm' : '/letters/stop', { token: window.location.hash.slice(1) });
      setState('done');
    } catch (error) {
      setProblem(refusalText(error));
      setState('asked');
    }
  };
  const isDone = state === 'done';
  const title = isConfirm ? (isDone ? t('We will write to you') : t('Shall we write to you?')) : isDone ? t('We will not write again') : t('Stop the letters?');
  const text = isConfirm
    ? isDone ? t('You get a letter when a show begins of those whom you follow.') : t('You get a letter when a show begins of those whom you follow. Each has a link that stops them.')
    : isDone ? t('You can turn letters on again on your account page.') : t('We will not write to this address again when shows begin.');
  const action = isDone
    ? html`<${Button} kind="primary" href="/">${t('See what is live')}<//>`
    : html`<${Button} kind="primary" busy=${state === 'busy'} onClick=${act}>${isConfirm ? t('Yes, write to me') : t('Stop the letters')}<//>`;
  return html`<${Header} />
    <main id="main" class="page">
      <${EmptyState} icon=${isDone ? 'check' : 'bell'} title=${title} action=${action}>${text}<//>
      ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
    </main>`;
}
