import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { WordingSheet } from '../../components/wording-sheet.js';
import { t } from '../../lib/i18n.js';
import { wordingOf } from '../../lib/wording.js';

/** What the shop says whatever the show, in its buyers' languages. @param {{ store: import('../../lib/types.js').Store }} props */
export function StoreWording({ store }) {
  const [isOpen, open] = useState(false);
  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('In other languages')}</h2>
      <p class="muted small">${t('How your bundles, categories, pick-up places and variants read in your buyers’ languages. Names and descriptions of products are at each product.')}</p></div>
    <div><${Button} icon="globe" aria-haspopup="dialog" onClick=${() => open(true)}>${t('Read and correct')}<//></div>
    ${isOpen && html`<${WordingSheet} wording=${wordingOf(`/stores/${store.id}`)} onClose=${() => open(false)}
      empty=${t('What you name beside products, such as a bundle or a category, stands here.')} />`}
  </section>`;
}
