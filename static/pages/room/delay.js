import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { announce } from '../../lib/announce.js';
import { t } from '../../lib/i18n.js';

/** @param {import('./hls-fallback.js').Reason} reason */
const words = (reason) =>
  ({
    wanted: t('You see the show about two seconds later than it happens.'),
    unreachable: t('Your network holds back live video. You see the show about two seconds later.'),
    full: t('So many people are watching that you see the show about two seconds later.'),
    codec: t('This browser lacks the live video format. You see the show about two seconds later.'),
  })[reason];

/**
 * That the picture is not of this moment, why, and the way back. It folds to a mark so that it covers nothing for long.
 *
 * @param {{ fallback: import('./hls-fallback.js').HlsFallback }} props
 */
export function Delay({ fallback }) {
  const reason = fallback.reason.value;
  const [isOpen, setOpen] = useState(true);
  useEffect(() => {
    if (!reason) return;
    setOpen(true);
    announce(words(reason));
  }, [reason]);
  if (!reason) return null;
  if (!isOpen) {
    return html`<button type="button" class="delay-mark" onClick=${() => setOpen(true)}><${Icon} name="clock" size=${16} />${t('2 s later')}</button>`;
  }
  return html`<div class="delay" role="note">
    <p>${words(reason)}</p>
    <button type="button" class="delay-back" onClick=${() => fallback.leave()}>${t('Watch in real time')}</button>
    <button type="button" class="icon-button icon-button-video" aria-label=${t('Hide this note')} title=${t('Hide this note')} onClick=${() => setOpen(false)}><${Icon} name="close" size=${18} /></button>
  </div>`;
}
