import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { IconButton } from '../../components/button.js';
import { ChatComposer } from '../../components/chat-composer.js';
import { ChatList } from '../../components/chat-list.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';
import { MemberDialog } from '../../components/member-dialog.js';

/** @typedef {import('../../lib/types.js').Message} Message */

/** @param {{ session: import('./session.js').StudioSession }} props */
export function ChatPanel({ session }) {
  const { state } = session;
  const [open, setOpen] = useState(/** @type {Message | null} */ (null));
  const myIdentity = state.me.value?.identity;
  const mayModerate = state.can('chat.delete') || state.can('member.mute');

  const send = async (/** @type {string} */ text) => {
    state.say(text).catch((error) => toast(refusalText(error), { kind: 'bad' })); // the line stays, marked as not sent
    return true;
  };
  const actions = (/** @type {Message} */ message) =>
    mayModerate && !message.pending && html`<${IconButton} icon="more" class="chat-more" label=${t('What to do about the line of {name}', { name: message.author.display_name })} onClick=${() => setOpen(message)} />`;

  return html`<div class="panel panel-chat">
    <${ChatList} messages=${state.messages.value} myIdentity=${myIdentity} withTime actions=${actions} onRetry=${(/** @type {Message} */ message) => state.say(message.text, message.client_id).catch(() => undefined)}
      empty=${html`<p class="muted panel-empty">${t('Say hello: the first line makes it easy for others.')}</p>`} />
    <${ChatComposer} onSend=${send} disabled=${state.status.value === 'connecting'} disabledText=${t('Connecting…')} />
    ${open && html`<${MemberDialog} session=${session} identity=${open.author.identity} name=${open.author.display_name} message=${open} onClose=${() => setOpen(null)} />`}
  </div>`;
}
