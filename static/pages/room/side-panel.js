import { html } from 'htm/preact';
import { Button, IconButton } from '../../components/button.js';
import { ChatList } from '../../components/chat-list.js';
import { PinnedLine, TypingLine } from '../../components/pinned-line.js';
import { SpentNote } from '../../components/said.js';
import { EmptyState, Skeleton } from '../../components/states.js';
import { t } from '../../lib/i18n.js';
import { Controls } from './controls.js';
import { TogetherCard } from './together-card.js';

/**
 * Chat beside the picture.
 *
 * @param {{ session: import('./show-session.js').ShowSession, chat: import('./chat-actions.js').ChatActions, hasBag: boolean, onTray: () => void, onStage: () => void, onTogether: () => void, onSearch: () => void,
 *   onMissing: (quote: import('../../lib/types.js').QuotedLine) => void }} props
 */
export function SidePanel({ session, chat, hasBag, onTray, onStage, onTogether, onSearch, onMissing }) {
  const { messages, me, room, status, together } = session.state;
  const isOver = room.value?.state === 'ended';
  const hasReplay = isOver && Boolean(room.value?.replay);
  const isJoining = !isOver && status.value === 'connecting' && !messages.value.length;
  const empty = isJoining
    ? html`<div class="room-skeleton-side">${[1, 2, 3, 4].map((n) => html`<${Skeleton} key=${n} class="room-skeleton-line" />`)}</div>`
    : isOver
      ? html`<${EmptyState} icon="chat" title=${hasReplay ? t('Nobody has written yet') : t('Nobody wrote anything')}>${hasReplay && t('Lines appear at the time they were written.')}<//>`
      : html`<${EmptyState} icon="chat" title=${t('Say hello')}>${t('Write in your own language. Others read you in theirs.')}<//>`;
  return html`<aside class="side" aria-label=${t('Chat')}>
    <div class="side-title"><h2>${t('Chat')}</h2><span class="grow"></span><${IconButton} icon="search" label=${t('Search the chat')} aria-haspopup="dialog" onClick=${onSearch} />${!isOver && html`<${Button} size="s" kind="quiet" icon="poll" aria-haspopup="dialog" onClick=${onTogether}>${t('Take part')}${together.waiting.value.length > 0 && html` <span class="tab-count tabular">${together.waiting.value.length}</span>`}<//>`}</div>
    ${!isOver && html`<${TogetherCard} session=${session} onOpen=${onTogether} />`}
    ${!isOver && html`<${PinnedLine} session=${session} />`}
    <${ChatList} messages=${hasReplay ? session.replayChat.shown.value : messages.value} myIdentity=${me.value?.identity} onRetry=${chat.retry} actions=${chat.moderation} empty=${empty}
      onReply=${isOver ? undefined : chat.reply} onMissing=${onMissing} onWrong=${chat.setWrong} />
    ${!isOver && html`<${SpentNote} words=${session.state.words} />`}
    ${!isOver && html`<${TypingLine} session=${session} /><div class="side-foot"><${Controls} session=${session} chat=${chat} kind="page" hasBag=${hasBag} onTray=${onTray} onStage=${onStage} /></div>`}
  </aside>`;
}
