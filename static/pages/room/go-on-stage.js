import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { Icon } from '../../components/icon.js';
import { refusalText } from '../../components/refusal.js';
import { announce } from '../../lib/announce.js';
import { t } from '../../lib/i18n.js';
import { TilePicture } from './stage-tiles.js';

/**
 * The way to the stage: I see and hear myself before anybody else does. By invitation, or because I may.
 *
 * @param {{ session: import('./show-session.js').ShowSession, onClose: () => void }} props
 */
export function GoOnStage({ session, onClose }) {
  const { guest, state } = session;
  const invitation = state.invitation.value;
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const broadcast = guest.broadcast.value;
  const [parts, setParts] = useState(/** @type {{ DeviceCheck: any, deviceWords: any } | null} */ (null));

  useEffect(() => {
    guest.prepare().catch((error) => setProblem(refusalText(error)));
    Promise.all([import('../studio/device-check.js'), import('../studio/words.js')]).then(([{ DeviceCheck }, { deviceWords }]) => setParts({ DeviceCheck, deviceWords }));
    return () => guest.dismiss();
  }, []);
  useEffect(() => {
    if (invitation) announce(t('{name} invites you on stage.', { name: invitation.by.display_name }));
  }, [invitation?.expires_at]);

  const decline = () => {
    guest.decline().catch(() => undefined); // over already: nothing to decline
    state.invitation.value = null;
    onClose();
  };
  const enter = async () => {
    setBusy(true);
    setProblem('');
    try {
      await guest.enter();
      state.invitation.value = null;
      onClose();
    } catch (error) {
      setProblem(refusalText(error));
      setBusy(false);
    }
  };
  const trouble = broadcast?.problem.value && parts?.deviceWords(broadcast.problem.value);
  const isReady = Boolean(broadcast?.stream.value) && !broadcast?.isOpening.value;
  const title = invitation ? t('{name} invites you on stage', { name: invitation.by.display_name }) : t('Go on stage');

  return html`<${Dialog} title=${title} class="go-on-stage" onClose=${decline}
    footer=${html`<div class="row"><${Button} class="grow" onClick=${decline}>${t('Not now')}<//>
      <${Button} class="grow" kind="primary" icon="stage" busy=${isBusy} disabled=${!isReady} onClick=${enter}>${t('Go on stage')}<//></div>`}>
    <div class="stack">
      <p>${t('Everybody in the room will see and hear you. Look at your picture first; nobody sees it yet.')}</p>
      ${problem && html`<p class="note note-bad" role="alert">${problem}</p>`}
      <div class="stage-preview">
        ${broadcast?.stream.value && !trouble
          ? html`<${TilePicture} key=${broadcast.version.value} stream=${broadcast.stream.value} name=${t('Your picture')} isMirror=${broadcast.facing.value === 'user'} />`
          : html`<div class="tile-off">${trouble ? html`<${Icon} name="alert" size=${30} />` : html`<span class="spinner" aria-hidden="true" />`}
              <p>${trouble ? trouble.title : t('Opening the camera… Allow it if the browser asks.')}</p>${trouble && html`<p class="small">${trouble.text}</p>`}
              ${trouble && html`<${Button} kind="video" size="s" onClick=${() => broadcast?.open()}>${t('Try again')}<//>`}</div>`}
      </div>
      ${parts && broadcast && isReady && html`<${parts.DeviceCheck} session=${{ broadcast }} />`}
    </div>
  <//>`;
}
