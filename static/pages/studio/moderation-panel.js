import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { MemberDialog } from '../../components/member-dialog.js';
import { refusalText } from '../../components/refusal.js';
import { reportWords } from '../../components/report-form.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { Tabs } from '../../components/tabs.js';
import { toast } from '../../components/toast.js';
import { formatTime } from '../../lib/format.js';
import { t, tn } from '../../lib/i18n.js';
import { deedWords, heldWords } from './moderation-words.js';
import { RulesForm } from './rules-form.js';

/** @typedef {import('./moderation.js').Moderation} Desk */

/** What waits for a decision, the room's rules, and what was done. @param {{ session: import('./session.js').StudioSession }} props */
export function ModerationPanel({ session }) {
  const desk = session.moderation;
  const [chosen, choose] = useState('queue');
  if (desk.error.value && !desk.rules.value) return html`<div class="panel panel-scroll"><${ErrorState} error=${desk.error.value} onRetry=${() => desk.load()} /></div>`;
  if (!desk.rules.value) return html`<div class="panel panel-scroll"><${SkeletonText} lines=${5} /></div>`;
  const tabs = [
    { id: 'queue', title: t('To decide'), count: desk.waiting.value },
    { id: 'rules', title: t('Rules') },
    { id: 'log', title: t('Log') },
  ];
  return html`<div class="panel moderation"><${Tabs} label=${t('Moderation')} tabs=${tabs} chosen=${chosen} onChoose=${choose}>
    ${chosen === 'queue' && html`<${Queue} session=${session} />`}
    ${chosen === 'rules' && html`<${RulesForm} key=${JSON.stringify(desk.rules.value)} desk=${desk} rules=${desk.rules.value} />`}
    ${chosen === 'log' && html`<${Log} desk=${desk} />`}
  <//></div>`;
}

const told = (/** @type {Promise<unknown>} */ doing) => doing.catch((error) => toast(refusalText(error), { kind: 'bad' }));

/** @param {{ session: import('./session.js').StudioSession }} props */
function Queue({ session }) {
  const desk = session.moderation;
  const [open, setOpen] = useState(/** @type {{ identity: string, display_name: string } | null} */ (null));
  if (!desk.waiting.value) return html`<p class="muted panel-empty">${t('Nothing waits for you. Lines that your rules hold and lines that viewers report come here.')}</p>`;
  const who = (/** @type {{ identity: string, display_name: string }} */ author) =>
    html`<button type="button" class="link-button moderation-who" onClick=${() => setOpen(author)}><bdi>${author.display_name}</bdi></button>`;
  return html`<ul class="moderation-list">
    ${desk.held.value.map((item) => html`<li key=${item.id} class="moderation-item">
      <p class="moderation-head">${who(item.author)}<time class="muted small tabular" dateTime=${item.at}>${formatTime(item.at)}</time></p>
      <p class="moderation-text" dir="auto">${item.text}</p>
      <p class="muted small">${heldWords(item.held_by, item.reason)}</p>
      <div class="row"><${Button} size="s" class="grow" icon="check" onClick=${() => told(desk.decide(item.id, true))}>${t('Show it')}<//>
        <${Button} size="s" class="grow" icon="trash" onClick=${() => told(desk.decide(item.id, false))}>${t('Reject')}<//></div>
    </li>`)}
    ${desk.reported.value.map(({ message, reasons, notes, reports }) => html`<li key=${message.id} class="moderation-item">
      <p class="moderation-head">${who(message.author)}<span class="moderation-count tabular">${tn('{n} report', '{n} reports', reports)}</span></p>
      <p class="moderation-text" dir="auto">${message.text || t('The line is deleted.')}</p>
      <p class="muted small">${Object.keys(reasons).map(reportWords).join(' · ')}</p>
      ${notes.map((note) => html`<p class="small" dir="auto">“${note}”</p>`)}
      <div class="row"><${Button} size="s" class="grow" icon="trash" onClick=${() => told(desk.resolve(message.id, true))}>${t('Delete the line')}<//>
        <${Button} size="s" class="grow" onClick=${() => told(desk.resolve(message.id, false))}>${t('Leave it')}<//></div>
    </li>`)}
    ${open && html`<${MemberDialog} session=${session} identity=${open.identity} name=${open.display_name} onClose=${() => setOpen(null)} />`}
  </ul>`;
}

/** @param {{ desk: Desk }} props */
function Log({ desk }) {
  if (!desk.entries.value.length) return html`<p class="muted panel-empty">${t('Nothing was done yet. Whatever moderators and rules do is kept here.')}</p>`;
  return html`<ul class="moderation-list">
    ${desk.entries.value.map((entry) => html`<li key=${entry.id} class=${`moderation-item ${entry.undone_at ? 'is-undone' : ''}`}>
      <p class="moderation-head"><span class="grow">${deedWords(entry)}</span><time class="muted small tabular" dateTime=${entry.at}>${formatTime(entry.at)}</time></p>
      ${entry.details?.text && html`<p class="moderation-text small" dir="auto">${entry.details.text}</p>`}
      <p class="muted small"><bdi>${entry.by.display_name}</bdi>${entry.reason && html` · <bdi>${entry.reason}</bdi>`}</p>
      ${entry.undoable && html`<${Button} size="s" kind="quiet" icon="back" onClick=${() => told(desk.undo(entry.id))}>${t('Undo')}<//>`}
      ${entry.undone_at && html`<p class="small">${t('Undone')}</p>`}
    </li>`)}
    ${desk.next.value && html`<li><${Button} wide kind="quiet" onClick=${() => told(desk.loadOlder())}>${t('Older')}<//></li>`}
  </ul>`;
}
