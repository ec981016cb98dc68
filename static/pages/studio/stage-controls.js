import { html } from 'htm/preact';
import { IconButton } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { t } from '../../lib/i18n.js';
import { useMedia } from '../../lib/use-media.js';

/** Microphone, camera, flip, lamp and screen, over the picture. @param {{ session: import('./session.js').StudioSession }} props */
export function StageControls({ session }) {
  const { broadcast } = session;
  const isPhone = useMedia('(pointer: coarse)');
  if (!broadcast.stream.value) return null;
  const hasFlip = broadcast.source.value === 'camera' && (isPhone || broadcast.devices.value.cameras.length > 1) && broadcast.devices.value.cameras.length !== 1;
  const hasScreen = 'getDisplayMedia' in navigator.mediaDevices;
  const isScreen = broadcast.source.value === 'screen' || Boolean(broadcast.screen.value);
  const toggleScreen = () => (broadcast.screen.value ? broadcast.stopScreen() : isScreen ? broadcast.open() : broadcast.shareScreen());
  return html`<div class="stage-controls" role="toolbar" aria-label=${t('Camera and microphone')}>
    <${IconButton} kind="video" icon=${broadcast.isMicOn.value ? 'mic' : 'micOff'} class=${broadcast.isMicOn.value ? '' : 'is-off'} aria-pressed=${broadcast.isMicOn.value ? 'false' : 'true'}
      label=${t('Mute the microphone')} onClick=${() => (broadcast.toggleMic(), session.tellMuted())} />
    <button type="button" class=${`icon-button icon-button-video ${broadcast.isCameraOn.value ? '' : 'is-off is-struck'}`} aria-pressed=${broadcast.isCameraOn.value ? 'false' : 'true'}
      aria-label=${t('Turn the camera off')} title=${t('Turn the camera off')} onClick=${() => (broadcast.toggleCamera(), session.tellMuted())}><${Icon} name="camera" /></button>
    ${hasFlip && html`<${IconButton} kind="video" icon="flip" label=${t('Flip the camera')} onClick=${() => broadcast.flip()} />`}
    ${broadcast.hasTorch.value && html`<button type="button" class=${`icon-button icon-button-video ${broadcast.isTorchOn.value ? 'is-lit' : ''}`} aria-pressed=${broadcast.isTorchOn.value ? 'true' : 'false'}
      aria-label=${t('Lamp')} title=${t('Lamp')} onClick=${() => broadcast.toggleTorch()}><${TorchIcon} /></button>`}
    ${hasScreen && html`<button type="button" class=${`icon-button icon-button-video ${isScreen ? 'is-lit' : ''}`} aria-pressed=${isScreen ? 'true' : 'false'}
      aria-label=${t('Share the screen')} title=${t('Share the screen')} onClick=${toggleScreen}><${Icon} name="screen" /></button>`}
  </div>`;
}

const TorchIcon = () => html`<svg class="icon" width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
  <path d="M13 3 6 13.500h5L10 21l8-11.500h-5.500z" />
</svg>`;
