import { html } from 'htm/preact';
import { LiveBadge, RecordingBadge, ViewerCount } from '../../components/badge.js';
import { CaptionsBadge } from '../../components/captions.js';
import { FollowButton } from '../../components/follow.js';
import { IconButton } from '../../components/button.js';
import { LocalePicker } from '../../components/locale-picker.js';
import { roomOwner } from '../../components/room-card.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';
import { ChannelPicker } from './channel-picker.js';
import { MoreMenu } from './more-menu.js';

/** Hand the show's address on, by the system's own sheet where there is one. @param {import('../../lib/types.js').Room} room */
export async function shareRoom(room) {
  const url = `${window.location.origin}/r/${room.id}`;
  try {
    if (navigator.share) await navigator.share({ title: room.title, url });
    else {
      await navigator.clipboard.writeText(url);
      toast(t('The link is copied.'), { kind: 'good' });
    }
  } catch (error) {
    if (/** @type {Error} */ (error).name !== 'AbortError') toast(url);
  }
}

/** @param {{ session: import('./show-session.js').ShowSession, onTogether: () => void }} props */
export function TopBar({ session, onTogether }) {
  const room = /** @type {import('../../lib/types.js').Room} */ (session.state.room.value);
  const owner = roomOwner(room);
  const viewers = session.state.presence.value.count || room.viewers;
  return html`<div class="top-bar">
    <div class="top-bar-shop">
      <span class="top-bar-mark" aria-hidden="true">${[...owner][0]}</span>
      <span class="top-bar-names">
        <span class="top-bar-owner" dir="auto">${owner}</span>
        <span class="top-bar-title" dir="auto">${session.state.words.plain(room.title)}</span>
      </span>
      <${FollowButton} room=${room} />
    </div>
    ${room.state === 'live' && html`<div class="top-bar-badges"><${LiveBadge} /><${ViewerCount} count=${viewers} /><${RecordingBadge} state=${session.state.recording.value.state} /><${CaptionsBadge} captions=${session.state.captions.captions.value} /><${ChannelPicker} session=${session} /></div>`}
    <span class="top-bar-space"></span>
    ${['host', 'cohost', 'moderator'].includes(session.state.me.value?.role ?? '') && html`<${IconButton} icon="settings" kind="video" class="top-bar-studio" href=${`/studio/${room.id}`} label=${t('Open the studio')} />`}
    <${LocalePicker} kind="video" compact />
    ${room.state === 'live' && html`<${MoreMenu} session=${session} onTogether=${onTogether} />`}
    <${IconButton} icon="close" kind="video" href="/" label=${t('Leave the show')} />
  </div>`;
}
