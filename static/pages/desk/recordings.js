import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { RecordingList } from '../../components/recording-list.js';
import { EmptyState } from '../../components/states.js';
import { t } from '../../lib/i18n.js';

/** What is kept of all my rooms. */
export function Recordings() {
  const plan = html`<${Button} kind="primary" icon="live" href="/studio">${t('Plan a show')}<//>`;
  return html`<section class="card stack" aria-labelledby="recordings">
    <h2 id="recordings" class="desk-h2">${t('Recordings')}</h2>
    <${RecordingList} path="/recordings" withTitle empty=${html`<${EmptyState} icon="record" title=${t('No recordings yet')} action=${plan}>
      ${t('Shows are recorded by themselves unless you say otherwise when you plan them.')}
    <//>`} />
  </section>`;
}
