import { html } from 'htm/preact';
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
  return html`<div class="panel panel-scroll panel-inset stack">
    <${Usage} at=${at} spentUntil=${session.state.words.spentUntil.value} />
    <${Glossary} at=${at} hint=${t('Holds in this show alone, before the words of the shop.')} />
    <${TranslationReports} at=${at} />
  </div>`;
}

/** @param {{ at: string, spentUntil: string | null }} props */
function Usage({ at, spentUntil }) {
  const { data, error, reload } = useLoad(() => /** @type {Promise<{ used: number, limit: number | null, spent: boolean, resets_at: string }>} */ (api.get(`${at}/translation-usage`)), [at, spentUntil]);
  if (error && !data) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${SkeletonText} lines=${1} />`;
  if (data.spent) return html`<p class="note note-warn" role="status">${t('Translation is used up for today. Messages stay in their own language until {time}.', { time: formatTime(data.resets_at) })}</p>`;
  return html`<p class="muted small">${data.limit === null ? t('{used} characters translated today.', { used: formatNumber(data.used) }) : t('{used} of {limit} characters translated today.', { used: formatNumber(data.used), limit: formatNumber(data.limit) })}</p>`;
}
