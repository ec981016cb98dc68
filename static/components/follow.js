import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { t, tn } from '../lib/i18n.js';
import { keepTold } from '../lib/push.js';
import { ensureIdentity, me } from '../lib/session.js';
import { Button, IconButton } from './button.js';
import { Dialog } from './dialog.js';
import { NoticeWays } from './notice-ways.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/** @typedef {{ subject: string, title: string, following: boolean, reminded: boolean, followers: number }} Standing */

/** How I stand to who is behind a room, and the ways to change it. @param {string} room its id */
function useStanding(room) {
  const [standing, setStanding] = useState(/** @type {Standing | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const path = `/rooms/${encodeURIComponent(room)}`;
  const identity = me.value?.id;
  useEffect(() => {
    if (!identity) return;
    api.get(`${path}/follow`).then((found) => {
      setStanding(found);
      if (found.following || found.reminded) keepTold().catch((error) => console.warn('livehub: notices of this browser could not be renewed', error));
    }, () => undefined); // who may not watch has nobody to follow here
  }, [path, identity]);
  const change = async (/** @type {'put'|'delete'} */ method, /** @type {'follow'|'reminder'} */ what) => {
    setBusy(true);
    try {
      await ensureIdentity();
      setStanding(await api[method](`${path}/${what}`));
      return true;
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { standing, isBusy, change };
}

/** Who comes with a join token is told by the site that made it. */
const mayFollow = () => me.value?.kind !== 'member';

/**
 * Follow the shop, or the host where there is none. Following, it opens how one is told.
 *
 * @param {{ room: import('../lib/types.js').Room }} props
 */
export function FollowButton({ room }) {
  const { standing, isBusy, change } = useStanding(room.id);
  const [isOpen, setOpen] = useState(false);
  const isFollowing = Boolean(standing?.following);
  if (!mayFollow() || room.my_role === 'host') return null;
  const press = async () => {
    if (isFollowing || (await change('put', 'follow'))) setOpen(true);
  };
  const stop = async () => {
    if (await change('delete', 'follow')) setOpen(false);
  };
  const name = standing?.title ?? room.store?.title ?? room.host.display_name;
  return html`<${IconButton} icon=${isFollowing ? 'check' : 'plus'} kind="solid" class="follow-button" busy=${isBusy} aria-pressed=${isFollowing ? 'true' : 'false'}
      label=${isFollowing ? t('You follow {name}', { name }) : t('Follow {name}', { name })} onClick=${press} />
    ${isOpen &&
    html`<${Dialog} title=${t('You follow {name}', { name })} onClose=${() => setOpen(false)} footer=${html`<${Button} busy=${isBusy} onClick=${stop}>${t('Stop following')}<//>`}>
      <div class="stack">
        <p>${tn('{n} follower', '{n} followers', standing?.followers ?? 0)}. ${t('How shall we tell you when a show begins?')}</p>
        <${NoticeWays} />
      </div>
    <//>`}`;
}

/** Be told when one planned show begins. @param {{ room: import('../lib/types.js').Room }} props */
export function ReminderButton({ room }) {
  const { standing, isBusy, change } = useStanding(room.id);
  const [isOpen, setOpen] = useState(false);
  const isReminded = Boolean(standing?.reminded);
  if (!mayFollow() || room.my_role === 'host') return null;
  const press = async () => {
    if (isReminded) await change('delete', 'reminder');
    else if (await change('put', 'reminder')) setOpen(true);
  };
  return html`<${Button} kind="video" icon=${isReminded ? 'check' : 'bell'} busy=${isBusy} aria-pressed=${isReminded ? 'true' : 'false'} onClick=${press}>${isReminded ? t('You will be told') : t('Remind me')}<//>
    ${isOpen &&
    html`<${Dialog} title=${t('You will be told')} onClose=${() => setOpen(false)}>
      <div class="stack"><p>${t('How shall we tell you when the show begins?')}</p><${NoticeWays} /></div>
    <//>`}`;
}
