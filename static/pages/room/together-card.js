import { html } from 'htm/preact';
import { Icon } from '../../components/icon.js';
import { t } from '../../lib/i18n.js';

/**
 * One line for what the room does right now, the poll before the draw; a tap opens the whole.
 *
 * @param {{ session: import('./show-session.js').ShowSession, onOpen: () => void }} props
 */
export function TogetherCard({ session, onOpen }) {
  const { together } = session.state;
  const poll = together.poll.value;
  const draw = together.draw.value;
  if (poll?.state === 'open') {
    const mine = together.myVote.value;
    return html`<${Line} icon="poll" kind=${t('Poll')} title=${session.state.words.plain(poll.question)} act=${mine === null ? t('Vote') : t('Results')} onOpen=${onOpen} />`;
  }
  if (draw && ['open', 'closed'].includes(draw.state)) {
    const canEnter = draw.state === 'open' && !together.myTicket.value;
    return html`<${Line} icon="gift" kind=${t('Lucky draw')} title=${session.state.words.plain(draw.title)} act=${canEnter && session.state.can('draw.enter') ? t('Enter') : t('Look')} onOpen=${onOpen} />`;
  }
  if (draw?.state === 'drawn' && draw.winners.length) {
    return html`<${Line} icon="gift" kind=${together.myPlace.value ? t('You won!') : t('Winner')} title=${draw.winners.map(({ display_name }) => display_name).join(', ')} act=${t('Look')} onOpen=${onOpen} />`;
  }
  return null;
}

/** @param {{ icon: import('../../components/icon.js').IconName, kind: string, title: string, act: string, onOpen: () => void }} props */
const Line = ({ icon, kind, title, act, onOpen }) => html`<button type="button" class="together-card" aria-haspopup="dialog" onClick=${onOpen}>
  <${Icon} name=${icon} size=${20} /><span class="grow together-words"><span class="small">${kind}</span><bdi class="together-title">${title}</bdi></span><span class="together-act">${act}</span>
</button>`;
