import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { Glossary } from '../../components/glossary.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { TranslationReports } from '../../components/translation-reports.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { formatNumber, formatTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** Words of this room, what translating used today, and what viewers reported. @param {{ session: import('./session.js').StudioSession }} props */
export function LanguagesPanel({ session }) {
  const at = `/rooms/${session.id}`;
  const mayEdit = session.state.room.value?.can.includes('room.edit');
  return html`<div class="panel panel-scroll panel-inset stack">
    <${InOtherLanguages} session=${session} />
    <${Usage} at=${at} spentUntil=${session.state.words.spentUntil.value} />
    ${mayEdit && html`<${Glossary} at=${at} hint=${t('Holds in this show alone, before the words of the shop.')} /><${TranslationReports} at=${at} />`}
  </div>`;
}

/** The way to what stands for the show's texts in other languages. @param {{ session: import('./session.js').StudioSession }} props */
export function InOtherLanguages({ session }) {
  if (!session.mayWord) return null;
  return html`<section class="card stack" aria-labelledby="in-other-languages">
    <div><h2 id="in-other-languages" class="studio-h2">${t('In other languages')}</h2>
      <p class="muted small">${t('How the title, polls, announcements and everything else of this show reads in your viewers’ languages.')}</p></div>
    <div><${Button} icon="globe" aria-haspopup="dialog" onClick=${() => (session.wording.value = 'all')}>${t('Read and correct')}<//></div>
  </section>`;
}

/** @param {{ at: string, spentUntil: string | null }} props */
function Usage({ at, spentUntil }) {
  const { data, error, reload } = useLoad(() => /** @type {Promise<{ used: number, limit: number | null, spent: boolean, resets_at: string }>} */ (api.get(`${at}/translation-usage`)), [at, spentUntil]);
  if (error && !data) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${SkeletonText} lines=${1} />`;
  if (data.spent) return html`<p class="note note-warn" role="status">${t('Translation is used up for today. Messages stay in their own language until {time}.', { time: formatTime(data.resets_at) })}</p>`;
  return html`<p class="muted small">${data.limit === null ? t('{used} characters translated today.', { used: formatNumber(data.used) }) : t('{used} of {limit} characters translated today.', { used: formatNumber(data.used), limit: formatNumber(data.limit) })}</p>`;
}
