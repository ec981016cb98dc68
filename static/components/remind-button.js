import { html } from 'htm/preact';
import { calendarEntry } from '../lib/calendar.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { toast } from './toast.js';

/**
 * Puts a show into the reader's calendar.
 *
 * @param {{ room: import('../lib/types.js').Room, kind?: 'secondary'|'video'|'primary', size?: 's'|'m'|'l' }} props
 */
export function RemindButton({ room, kind = 'secondary', size = 'm' }) {
  const save = () => {
    const url = `${window.location.origin}/r/${room.id}`;
    const href = URL.createObjectURL(new Blob([calendarEntry(room, url)], { type: 'text/calendar' }));
    const link = document.createElement('a');
    link.href = href;
    link.download = 'livehub-show.ics';
    link.click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
    toast(t('Open the file to put the show into your calendar.'), { kind: 'good' });
  };
  return html`<${Button} kind=${kind} size=${size} icon="bell" onClick=${save}>${t('Remind me')}<//>`;
}
