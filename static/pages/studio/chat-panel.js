import { html } from 'htm/preact';
import { useMemo, useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { ChatComposer } from '../../components/chat-composer.js';
import { ChatList } from '../../components/chat-list.js';
import { ChatContext, ChatSearch } from '../../components/chat-search.js';
import { PinnedLine, TypingLine } from '../../components/pinned-line.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';
import { MemberDialog } from '../../components/member-dialog.js';
import { finderOf } from '../../lib/people.js';
import { aboutOf } from '../../lib/talk-state.js';

/** @typedef {import('../../lib/types.js').Message} Message */
/** @typedef {{ kind: 'member', message: Message } | { kind: 'search' } | { kind: 'line', id: string, seq: number } | null} Open */

/** @param {{ session: import('./session.js').StudioSession }} props */
export function ChatPanel({ session }) {
  const { state } = session;
  const [open, setOpen] = useState(/** @type {Open} */ (null));
  /** The next line is for everybody to notice. */
  const [isAnnouncing, setAnnouncing] = useState(false);
  const find = useMemo(() => finderOf(session), [session]);
  const myIdentity = state.me.value?.identity;
  const mayModerate = state.can('chat.delete') || state.can('member.mute');
  const close = () => setOpen(null);
  const word = (/** @type {Message} */ { id, text }) => (session.wording.value = { source: text, message: id });
  const lasts = (/** @type {Message} */ message) => message.announcement || message.id === state.talk.pinned.value?.id;

  const send = async (/** @type {string} */ text, /** @type {import('../../lib/talk-state.js').About} */ about) => {
    setAnnouncing(false);
    state.say(text, undefined, { ...about, announcement: isAnnouncing }).catch((error) => toast(refusalText(error), { kind: 'bad' })); // the line stays, marked as not sent
    return true;
  };
  const retry = (/** @type {Message} */ message) => state.say(message.text, message.client_id, aboutOf(message)).catch(() => undefined);
  const actions = (/** @type {Message} */ message) =>
    mayModerate && !message.pending && html`<${IconButton} icon="more" class="chat-more" label=${t('What to do about the line of {name}', { name: message.author.display_name })} onClick=${() => setOpen({ kind: 'member', message })} />`;

  return html`<div class="panel panel-chat">
    <div class="chat-sheet-top"><${PinnedLine} session=${session} onWording=${state.can('chat.pin') ? word : undefined} /><${Button} size="s" kind="quiet" icon="search" aria-haspopup="dialog" onClick=${() => setOpen({ kind: 'search' })}>${t('Search the chat')}<//></div>
    <${ChatList} messages=${state.messages.value} myIdentity=${myIdentity} withTime actions=${actions} onRetry=${retry} onReply=${(/** @type {Message} */ message) => (state.talk.replyTo.value = message)}
      onMissing=${(/** @type {import('../../lib/types.js').QuotedLine} */ { id, seq }) => setOpen({ kind: 'line', id, seq })}
      empty=${html`<p class="muted panel-empty">${t('Say hello: the first line makes it easy for others.')}</p>`} />
    <${TypingLine} session=${session} />
    <${ChatComposer} onSend=${send} disabled=${state.status.value === 'connecting'} disabledText=${t('Connecting…')} talk=${state.talk} find=${find}
      placeholder=${isAnnouncing ? t('Announce to everybody…') : undefined}>
      ${state.can('chat.announce') && html`<${IconButton} icon="megaphone" class=${isAnnouncing ? 'is-on' : ''} aria-pressed=${isAnnouncing ? 'true' : 'false'} label=${t('Announcement')} onClick=${() => setAnnouncing(!isAnnouncing)} />`}
    <//>
    ${open?.kind === 'member' && html`<${MemberDialog} session=${session} identity=${open.message.author.identity} name=${open.message.author.display_name} message=${open.message} onClose=${close} onWording=${state.can(open.message.announcement ? 'chat.announce' : 'chat.pin') && lasts(open.message) ? word : undefined} />`}
    ${open?.kind === 'search' && html`<${ChatSearch} room=${session.id} onClose=${close} />`}
    ${open?.kind === 'line' && html`<${ChatContext} room=${session.id} spot=${open} onClose=${close} />`}
  </div>`;
}
