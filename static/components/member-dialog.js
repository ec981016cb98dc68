import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { FormField } from './form-field.js';
import { InterpretForm } from './interpret-form.js';
import { refusalText } from './refusal.js';
import { ReportForm } from './report-form.js';
import { toast } from './toast.js';
import { api } from '../lib/api.js';
import { durations } from '../lib/durations.js';
import { t } from '../lib/i18n.js';

/** @typedef {{ id: string, connection: import('../lib/protocol.js').RoomConnection, state: import('../lib/room-state.js').RoomState }} Place */
/** @typedef {'mute'|'slow'|'ban'|'report'|'interpret'|null} Step */

/**
 * What can be done about somebody in the room, or about a line of theirs: by moderators with a reason and for how long, by others
 * with a report. A ban is asked twice.
 *
 * @param {{ session: Place, identity: string, name: string, message?: import('../lib/types.js').Message, onClose: () => void,
 *   onWording?: (message: import('../lib/types.js').Message) => void }} props `onWording` leads to the line's translations
 */
export function MemberDialog({ session, identity, name, message, onClose, onWording }) {
  const { connection, state } = session;
  const [step, go] = useState(/** @type {Step} */ (null));
  const [problem, setProblem] = useState('');
  const isMe = identity === state.me.value?.identity;
  const isHost = identity === state.room.value?.host.id;
  const mayAct = !isMe && !isHost;

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
  const appoint = (/** @type {'moderator'|'cohost'} */ role, /** @type {string} */ done) => act(() => api.put(`/rooms/${session.id}/members/${encodeURIComponent(identity)}/role`, { role }), done);
  const remove = () => act(async () => {
    await connection.call('chat:delete', { id: message?.id });
    state.messages.value = state.messages.value.filter((other) => other.id !== message?.id);
  }, t('The line is deleted.'));
  const lay = (/** @type {any} */ { seconds, reason, reach }) => {
    if (step === 'mute') return act(() => connection.call('member:mute', { identity, seconds, reason }), t('{name} cannot write for now.', { name }));
    if (step === 'slow') return act(() => connection.call('member:slow', { identity, every_s: 30, seconds, reason }), t('{name} may write every half minute.', { name }));
    return act(() => connection.call('member:ban', { identity, reason, reach, ...(seconds ? { seconds } : {}) }), t('{name} is out of the show.', { name }));
  };

  return html`<${Dialog} title=${name} onClose=${onClose} onBack=${step ? () => go(null) : undefined}>
    <div class="stack">
      ${message && html`<blockquote class="member-line" dir="auto">${message.translation?.text ?? message.text}</blockquote>`}
      ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
      ${step === 'report' && message
        ? html`<${ReportForm} onSend=${(/** @type {any} */ report) => act(() => connection.call('chat:report', { id: message.id, ...report }), t('Thank you. The moderators look at it.'))} />`
        : step === 'interpret'
          ? html`<${InterpretForm} session=${session} identity=${identity} name=${name} act=${act} />`
        : step
          ? html`<${SanctionForm} key=${step} kind=${step} name=${name} onSend=${lay} />`
          : html`<div class="member-actions">
            ${message && state.can('chat.pin') && html`<${Button} icon="pin" onClick=${() => act(() => connection.call('chat:pin', { id: message.id }), t('The line is pinned for everybody.'))}>${t('Pin for everybody')}<//>`}
            ${message && onWording && html`<${Button} icon="globe" onClick=${() => (onClose(), onWording(message))}>${t('In other languages')}<//>`}
            ${message && (isMe || state.can('chat.delete')) && html`<${Button} icon="trash" onClick=${remove}>${t('Delete the line')}<//>`}
            ${mayAct && state.can('member.mute') && html`<${Button} icon="micOff" onClick=${() => go('mute')}>${t('Mute…')}<//>
              <${Button} icon="clock" onClick=${() => go('slow')}>${t('Slow down…')}<//>`}
            ${mayAct && state.can('stage.manage') && html`<${Button} icon="stage" onClick=${() => act(() => connection.call('stage:invite', { identity }), t('{name} is invited.', { name }))}>${t('Invite on stage')}<//>`}
            ${state.can('interpreters.ask') && html`<${Button} icon="globe" onClick=${() => go('interpret')}>${t('Interpreter…')}<//>`}
            ${mayAct && state.can('room.appoint') && html`
              <${Button} icon="users" onClick=${() => appoint('moderator', t('{name} is a moderator now.', { name }))}>${t('Make a moderator')}<//>`}
            ${!isMe && message && !state.can('chat.delete') && html`<${Button} icon="alert" onClick=${() => go('report')}>${t('Report this line')}<//>`}
            ${mayAct && state.can('member.ban') && html`<${Button} kind="danger" icon="close" onClick=${() => go('ban')}>${t('Ban from the show')}<//>`}
          </div>`}
    </div>
  <//>`;
}

/**
 * @param {{ kind: 'mute'|'slow'|'ban'|'report', name: string, onSend: (sanction: { seconds: number, reason: string, reach: string }) => Promise<void> }} props
 */
function SanctionForm({ kind, name, onSend }) {
  const [seconds, setSeconds] = useState(kind === 'ban' ? '0' : '600');
  const [reason, setReason] = useState('');
  const [reach, setReach] = useState('device');
  const [isBusy, setBusy] = useState(false);
  const isBan = kind === 'ban';
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    await onSend({ seconds: Number(seconds), reason, reach });
    setBusy(false);
  };
  return html`<form class="stack" onSubmit=${submit}>
    ${isBan && html`<p>${t('{name} is put out of the show and cannot come back into it.', { name })}</p>`}
    <${FormField} as="select" label=${t('For how long')} value=${seconds} onInput=${setSeconds}>
      ${durations().filter((duration) => isBan || duration.seconds).map((duration) => html`<option key=${duration.seconds} value=${duration.seconds}>${duration.title}</option>`)}
    <//>
    ${isBan && html`<${FormField} as="select" label=${t('Also keep out')} value=${reach} onInput=${setReach}
      hint=${reach === 'address' || reach === 'range' ? t('Others on the same network are kept out as well, for a day at most unless you choose longer.') : undefined}>
      <option value="identity">${t('nobody else')}</option>
      <option value="device">${t('the same browser under another name')}</option>
      <option value="address">${t('their network address')}</option>
      <option value="range">${t('the whole network around them')}</option>
    <//>`}
    <${FormField} label=${t('Reason')} value=${reason} onInput=${setReason} maxlength="200" hint=${t('For the moderators’ log.')} />
    <${Button} type="submit" kind=${isBan ? 'danger' : 'primary'} wide busy=${isBusy}>${{ mute: t('Mute'), slow: t('Slow down'), ban: t('Ban'), report: '' }[kind]}<//>
  </form>`;
}
