import { html } from 'htm/preact';
import { useEffect } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { t } from '../../lib/i18n.js';

/** My microphone, camera and screen while I am on stage, and the way off it. @param {{ session: import('./show-session.js').ShowSession }} props */
export function OnStageBar({ session }) {
  const { guest, state } = session;
  const broadcast = guest.broadcast.value;
  const news = guest.news.value;
  useEffect(() => {
    if (news) toast(news.text);
  }, [news?.key]);
  if (!guest.isOnStage.value || !broadcast) return null;
  const isHeld = state.muted.value.by_host.includes('audio');
  const isMicOn = broadcast.isMicOn.value && !isHeld;
  const attempt = (/** @type {() => Promise<unknown>} */ action) => () => action().catch((error) => toast(refusalText(error), { kind: 'bad' }));
  const hasScreen = 'getDisplayMedia' in (navigator.mediaDevices ?? {});
  const isScreen = Boolean(broadcast.screen.value);
  const link = broadcast.link.value;
  const words = link === 'connected' ? t('You are on stage') : link === 'failed' ? t('Your picture is not sent') : t('Connecting…');
  return html`<div class="on-stage-bar" role="toolbar" aria-label=${t('You are on stage')}>
    <span class=${`on-stage-state is-${link}`} role="status"><span class="on-stage-dot" aria-hidden="true"></span><span class=${link === 'connected' && !isHeld ? 'sr-only' : ''}>${isHeld ? t('The host has muted you') : words}</span></span>
    <${IconButton} kind="video" icon=${isMicOn ? 'mic' : 'micOff'} class=${isMicOn ? '' : 'is-off'} disabled=${isHeld} aria-pressed=${isMicOn ? 'false' : 'true'}
      label=${t('Mute the microphone')} onClick=${attempt(() => guest.toggleMic())} />
    <button type="button" class=${`icon-button icon-button-video ${broadcast.isCameraOn.value ? '' : 'is-off is-struck'}`} aria-pressed=${broadcast.isCameraOn.value ? 'false' : 'true'}
      aria-label=${t('Turn the camera off')} title=${t('Turn the camera off')} onClick=${attempt(() => guest.toggleCamera())}><${Icon} name="camera" /></button>
    ${hasScreen && html`<button type="button" class=${`icon-button icon-button-video ${isScreen ? 'is-lit' : ''}`} aria-pressed=${isScreen ? 'true' : 'false'}
      aria-label=${t('Share the screen')} title=${t('Share the screen')} onClick=${() => (isScreen ? broadcast.stopScreen() : broadcast.shareScreen())}><${Icon} name="screen" /></button>`}
    <${Button} size="s" kind="danger" onClick=${() => guest.leave()}>${t('Leave the stage')}<//>
  </div>`;
}
