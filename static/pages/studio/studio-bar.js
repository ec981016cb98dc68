import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Badge, LiveBadge } from '../../components/badge.js';
import { Button, IconButton } from '../../components/button.js';
import { CopyField } from '../../components/copy-field.js';
import { Dialog } from '../../components/dialog.js';
import { LocalePicker } from '../../components/locale-picker.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

/** The bar of a room's studio: way back, title, language, share, and the one large action. @param {{ session: StudioSession, children?: any }} props */
export function StudioBar({ session, children }) {
  const [isSharing, share] = useState(false);
  const room = session.state.room.value;
  if (!room) return null;
  return html`<header class="studio-bar">
    <a class="skip-link" href="#main">${t('Skip to the content')}</a>
    <${IconButton} icon="back" label=${t('My shows')} href="/studio" />
    <div class=${`studio-bar-what grow is-${room.state}`}>
      <h1 class="studio-bar-title" dir="auto">${room.title}</h1>
      ${room.state === 'live' ? html`<${LiveBadge} />` : html`<${Badge}>${room.state === 'ended' ? t('Over') : t('Not on air')}<//>`}
    </div>
    <${LocalePicker} compact />
    <${IconButton} icon="share" label=${t('Share the show')} onClick=${() => share(true)} />
    ${children}
    ${isSharing && html`<${ShareDialog} session=${session} onClose=${() => share(false)} />`}
  </header>`;
}

/** @param {{ session: StudioSession, onClose: () => void }} props */
function ShareDialog({ session, onClose }) {
  const room = session.state.room.value;
  const url = `${window.location.origin}/r/${session.id}`;
  const send = () => navigator.share({ title: room?.title, url }).catch(() => undefined); // closed without choosing
  return html`<${Dialog} title=${t('Share the show')} onClose=${onClose}>
    <div class="stack">
      <${CopyField} label=${t('Link for viewers')} value=${url} hint=${room?.visibility === 'private' ? t('The show is private: only people you admit can come in.') : t('Nobody needs an account or an app to watch and buy.')} />
      <div class="row row-wrap">
        ${'share' in navigator && html`<${Button} kind="primary" icon="share" onClick=${send}>${t('Send it')}<//>`}
        <${Button} icon="eye" href=${url} target="_blank" rel="noopener">${t('See what viewers see')}<//>
      </div>
    </div>
  <//>`;
}
