import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';
import { api } from '../lib/api.js';
import { t, tn } from '../lib/i18n.js';

/** @typedef {{ id: string, connection: import('../lib/protocol.js').RoomConnection, state: import('../lib/room-state.js').RoomState }} Place */

/**
 * What can be done about somebody in the room, or about a line of theirs. A ban is asked twice.
 *
 * @param {{ session: Place, identity: string, name: string, message?: import('../lib/types.js').Message, onClose: () => void }} props
 */
export function MemberDialog({ session, identity, name, message, onClose }) {
  const { connection, state } = session;
  const [isBanning, ban] = useState(false);
  const [problem, setProblem] = useState('');
  const isMe = identity === state.me.value?.identity;
  const isHost = identity === state.room.value?.host.id;

  const act = async (/** @type {() => Promise<unknown>} */ action, /** @type {string} */ done) => {
    setProblem('');
    try {
      await action();
      toast(done, { kind: 'good' });
      onClose();
    } catch (error) {
      setProblem(refusalText(error));
    }
  };
  const mute = (/** @type {number} */ seconds) => act(() => connection.call('member:mute', { identity, seconds }), t('{name} cannot write for now.', { name }));
  const appoint = (/** @type {'moderator'|'cohost'} */ role, /** @type {string} */ done) => act(() => api.put(`/rooms/${session.id}/members/${encodeURIComponent(identity)}/role`, { role }), done);
  const remove = () => act(async () => {
    await connection.call('chat:delete', { id: message?.id });
    state.messages.value = state.messages.value.filter((other) => other.id !== message?.id);
  }, t('The line is deleted.'));

  return html`<${Dialog} title=${name} onClose=${onClose}>
    <div class="stack">
      ${message && html`<blockquote class="member-line" dir="auto">${message.translation?.text ?? message.text}</blockquote>`}
      ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
      ${isBanning
        ? html`<p>${t('{name} is put out of the show and cannot come back into it.', { name })}</p>
            <div class="row"><${Button} class="grow" onClick=${() => ban(false)}>${t('Not now')}<//>
            <${Button} class="grow" kind="danger" onClick=${() => act(() => connection.call('member:ban', { identity }), t('{name} is out of the show.', { name }))}>${t('Ban')}<//></div>`
        : html`<div class="member-actions">
            ${message && (isMe || state.can('chat.delete')) && html`<${Button} icon="trash" onClick=${remove}>${t('Delete the line')}<//>`}
            ${!isMe && !isHost && state.can('member.mute') && [5, 60].map((minutes) => html`<${Button} key=${minutes} icon="micOff" onClick=${() => mute(minutes * 60)}>${tn('Mute for {n} minute', 'Mute for {n} minutes', minutes)}<//>`)}
            ${!isMe && !isHost && state.can('stage.manage') && html`<${Button} icon="stage" onClick=${() => act(() => connection.call('stage:invite', { identity }), t('{name} is invited.', { name }))}>${t('Invite on stage')}<//>`}
            ${!isMe && !isHost && state.can('room.appoint') && html`
              <${Button} icon="users" onClick=${() => appoint('moderator', t('{name} is a moderator now.', { name }))}>${t('Make a moderator')}<//>`}
            ${!isMe && !isHost && state.can('member.ban') && html`<${Button} kind="danger" icon="close" onClick=${() => ban(true)}>${t('Ban from the show')}<//>`}
          </div>`}
    </div>
  <//>`;
}
