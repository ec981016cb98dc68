import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { t, tn } from '../../lib/i18n.js';
import { MemberDialog } from '../../components/member-dialog.js';

/** Who is here, raised hands first. @param {{ session: import('./session.js').StudioSession }} props */
export function ViewersPanel({ session }) {
  const { state } = session;
  const [open, setOpen] = useState(/** @type {{ identity: string, display_name: string } | null} */ (null));
  const { sample } = state.presence.value;
  const count = session.audience.value;
  const mine = state.me.value?.identity;
  const hands = [...state.hands.value].map(([identity, display_name]) => ({ identity, display_name }));
  const others = sample.filter((member) => member.identity !== mine && !state.hands.value.has(member.identity));
  const unseen = count - others.length - hands.length;
  const row = (/** @type {{ identity: string, display_name: string }} */ member, /** @type {boolean} */ hasHand) => html`<li key=${member.identity}>
    <button type="button" class="viewer" onClick=${() => setOpen(member)}>
      <span class="viewer-mark" aria-hidden="true">${[...member.display_name][0] ?? '?'}</span><bdi class="grow">${member.display_name}</bdi>
      ${hasHand && html`<span class="viewer-hand"><${Icon} name="hand" size=${20} /><span class="small">${t('Hand up')}</span></span>`}
    </button></li>`;

  return html`<div class="panel panel-scroll">
    ${count < 1 && !hands.length && html`<p class="muted panel-empty">${t('Nobody is here yet. Share the link of the show.')}</p>`}
    <ul class="viewer-list">${hands.map((member) => row(member, true))}${others.map((member) => row(member, false))}</ul>
    ${unseen > 0 && html`<p class="muted small panel-empty">${tn('and {n} more', 'and {n} more', unseen)}</p>`}
    ${open && html`<${MemberDialog} session=${session} identity=${open.identity} name=${open.display_name} onClose=${() => setOpen(null)} />`}
  </div>`;
}
