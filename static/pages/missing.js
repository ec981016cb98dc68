import { html } from 'htm/preact';
import { Button } from '../components/button.js';
import { Header } from '../components/header.js';
import { EmptyState } from '../components/states.js';
import { t } from '../lib/i18n.js';

/** What an address without a page shows. */
export default function MissingPage() {
  return html`<${Header} />
    <main id="main" class="page missing">
      <${EmptyState} icon="search" title=${t('There is nothing at this address')} action=${html`<${Button} kind="primary" href="/">${t('See what is live')}<//>`}>
        ${t('The link may be old, or a letter may be missing.')}
      <//>
    </main>`;
}
