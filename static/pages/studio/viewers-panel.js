import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { MemberDialog } from '../../components/member-dialog.js';
import { InviteButton, OnStageButtons } from '../../components/stage-actions.js';
import { t, tn } from '../../lib/i18n.js';

/** @typedef {{ identity: string, display_name: string }} Member */

/** Who is on stage, who wants to be, and who else is here. @param {{ session: import('./session.js').StudioSession }} props */
export function ViewersPanel({ session }) {
  const { state, guests } = session;
  const [open, setOpen] = useState(/** @type {Member | null} */ (null));
  const { sample } = state.presence.value;
  const count = session.audience.value;
  const mine = state.me.value?.identity;
  const mayManage = state.can('stage.manage');
  const people = guests.others.value;
  const onStage = new Set(people.map(({ identity }) => identity));
  const hands = [...state.hands.value].map(([identity, display_name]) => ({ identity, display_name })).filter(({ identity }) => !onStage.has(identity));
  const waiting = state.invited.value.filter(({ identity }) => !state.hands.value.has(identity) && !onStage.has(identity));
  const listed = new Set([mine, ...onStage, ...hands.map(({ identity }) => identity), ...waiting.map(({ identity }) => identity)]);
  const others = sample.filter((member) => !listed.has(member.identity));
  const unseen = count - others.length - hands.length - waiting.length - people.length;
  const row = (/** @type {Member} */ member, /** @type {any} */ mark, /** @type {any} */ buttons) => html`<li key=${member.identity} class="viewer-row">
    <button type="button" class="viewer grow" onClick=${() => setOpen(member)}>
      <span class="viewer-mark" aria-hidden="true">${[...member.display_name][0] ?? '?'}</span><bdi class="grow">${member.display_name}</bdi>${mark}
    </button>${buttons}</li>`;
  const invite = (/** @type {Member} */ { identity, display_name }) => mayManage && html`<${InviteButton} place=${session} somebody=${{ identity, name: display_name }} />`;
  const handMark = html`<span class="viewer-hand"><${Icon} name="hand" size=${20} /><span class="small">${t('Hand up')}</span></span>`;

  return html`<div class="panel panel-scroll">
    ${people.length > 0 && html`<h3 class="panel-h3">${t('On stage with you')}</h3>
      <ul class="viewer-list">${people.map((person) => row({ identity: person.identity, display_name: person.name },
        person.isSpeaking && html`<span class="viewer-speaking"><${Icon} name="mic" size=${18} /><span class="sr-only">${t('speaking')}</span></span>`,
        mayManage && html`<${OnStageButtons} place=${session} person=${person} />`))}</ul>`}
    ${hands.length + waiting.length > 0 && html`<h3 class="panel-h3">${t('Want to speak')}</h3>
      <ul class="viewer-list">${hands.map((member) => row(member, handMark, invite(member)))}${waiting.map((member) => row(member, null, invite(member)))}</ul>`}
    ${people.length + hands.length + waiting.length > 0 && others.length > 0 && html`<h3 class="panel-h3">${t('Viewers')}</h3>`}
    ${count < 1 && !hands.length && !people.length && html`<p class="muted panel-empty">${t('Nobody is here yet. Share the link of the show.')}</p>`}
    <ul class="viewer-list">${others.map((member) => row(member, null, invite(member)))}</ul>
    ${unseen > 0 && html`<p class="muted small panel-empty">${tn('and {n} more', 'and {n} more', unseen)}</p>`}
    ${open && html`<${MemberDialog} session=${session} identity=${open.identity} name=${open.display_name} onClose=${() => setOpen(null)} />`}
  </div>`;
}
