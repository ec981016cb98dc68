import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { formatDate, languageName } from '../lib/format.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { refusalText } from './refusal.js';
import { ErrorState, SkeletonText } from './states.js';
import { toast } from './toast.js';
import { useLoad } from './use-load.js';

/** @typedef {{ id: string, source_locale: string, locale: string, original: string, text: string, suggestion: string, engine: string, at: string }} Report */

/** What viewers say is wrongly translated. @param {{ at: string }} props `/stores/{id}` or `/rooms/{id}` */
export function TranslationReports({ at }) {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<{ items: Report[], next: string | null }>} */ (api.get(`${at}/translation-reports`)), [at]);
  const [busy, setBusy] = useState('');
  const settle = async (/** @type {Report} */ report) => {
    setBusy(report.id);
    try {
      await api.delete(`/translation-reports/${report.id}`);
      set((page) => ({ next: page?.next ?? null, items: (page?.items ?? []).filter(({ id }) => id !== report.id) }));
    } catch (refused) {
      toast(refusalText(refused), { kind: 'bad' });
    }
    setBusy('');
  };
  const more = async () => {
    const page = await api.get(`${at}/translation-reports?after=${data?.next}`).catch((/** @type {unknown} */ refused) => toast(refusalText(refused), { kind: 'bad' }));
    if (page) set((before) => ({ next: page.next, items: [...(before?.items ?? []), ...page.items] }));
  };
  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Reported translations')}</h2><p class="muted small">${t('What viewers say is wrong. A word in the glossary puts it right for everybody.')}</p></div>
    ${error && !data && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${data && !data.items.length && html`<p class="muted">${t('Nobody has reported anything.')}</p>`}
    <ul class="desk-list">${data?.items.map((report) => html`<li key=${report.id} class="stack report-item">
      <p class="muted small">${languageName(report.source_locale)} → ${languageName(report.locale)} · ${report.engine || t('Written by you')} · <time dateTime=${report.at}>${formatDate(report.at)}</time></p>
      <p dir="auto" lang=${report.source_locale}>${report.original}</p>
      <p dir="auto" lang=${report.locale}>${report.text}</p>
      ${report.suggestion && html`<p class="strong" dir="auto" lang=${report.locale}>${t('Better:')} <bdi>${report.suggestion}</bdi></p>`}
      <div><${Button} size="s" icon="check" busy=${busy === report.id} onClick=${() => settle(report)}>${t('Done')}<//></div>
    </li>`)}</ul>
    ${data?.next && html`<${Button} kind="quiet" onClick=${more}>${t('Show more')}<//>`}
  </section>`;
}
