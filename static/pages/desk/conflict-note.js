import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { t } from '../../lib/i18n.js';

/**
 * Below a field that was changed here and elsewhere: what it is there by now, and which of both shall be.
 *
 * @param {{ label: string, theirs?: string, onTake: () => void, onKeep: () => void }} props `theirs` undefined: no conflict
 */
export function ConflictNote({ label, theirs, onTake, onKeep }) {
  if (theirs === undefined) return null;
  return html`<div class="note note-warn conflict" role="group" aria-label=${t('{field} was changed meanwhile', { field: label })}>
    <p>${t('Changed meanwhile. It is now:')} <strong><bdi>${theirs || '–'}</bdi></strong></p>
    <div class="row row-wrap">
      <${Button} size="s" class="conflict-keep" onClick=${onKeep}>${t('Keep mine')}<span class="sr-only">: ${label}</span><//>
      <${Button} size="s" onClick=${onTake}>${t('Take what is there now')}<span class="sr-only">: ${label}</span><//>
    </div>
  </div>`;
}
