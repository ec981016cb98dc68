import { html } from 'htm/preact';
import { bearer, request } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/**
 * Puts a show into the reader's calendar.
 *
 * @param {{ room: import('../lib/types.js').Room, kind?: 'secondary'|'video'|'primary', size?: 's'|'m'|'l', class?: string }} props
 */
export function RemindButton({ room, kind = 'secondary', size = 'm', class: extra = '' }) {
  const path = `/rooms/${encodeURIComponent(room.id)}/calendar.ics`;
  const told = () => toast(t('Open the file to put the show into your calendar.'), { kind: 'good' });
  // A link is what phones hand to their calendar; it carries cookies but no token, so for a member the file is fetched here.
  const save = async (/** @type {Event} */ event) => {
    if (!bearer()) return told();
    event.preventDefault();
    try {
      const href = URL.createObjectURL(await (await request('GET', path)).blob());
      const link = document.createElement('a');
      link.href = href;
      link.download = 'livehub-show.ics';
      link.click();
      setTimeout(() => URL.revokeObjectURL(href), 10_000);
      told();
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
  };
  return html`<${Button} kind=${kind} size=${size} class=${extra} icon="calendar" href=${`/api/v1${path}`} download="livehub-show.ics" onClick=${save}>${t('Add to calendar')}<//>`;
}
