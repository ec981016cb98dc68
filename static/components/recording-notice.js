import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { refusalText } from './refusal.js';
import { toast } from './toast.js';

/** @typedef {import('../lib/types.js').MyRecording} MyRecording */

/**
 * What I have said to being recorded, and the way to say it. Asked of the server only in rooms that ask for consent.
 *
 * @param {import('../lib/types.js').Room | null} room
 * @param {boolean} isKnown who I am: nobody can be asked before
 */
export function useConsent(room, isKnown) {
  const [mine, setMine] = useState(/** @type {MyRecording | null} */ (null));
  const asks = room?.recording === 'consent' && room.state !== 'ended' && isKnown;
  const path = `/rooms/${room?.id}/recording`;
  useEffect(() => {
    if (!asks) return;
    api.get(path).then(setMine, (error) => console.warn('livehub: the consent is not known', error));
  }, [asks, path]);
  const say = async (/** @type {'seen'|'given'} */ consent) => {
    try {
      setMine(await api.put(`${path}/consent`, { consent }));
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
  };
  return { asks, mine: asks ? mine : null, say };
}

/**
 * Comes up once for everybody in a room that records with consent. Who may be on stage decides there as well; leaving it
 * unanswered counts as not agreed, on the server too.
 *
 * @param {{ consent: ReturnType<typeof useConsent>, canPublish: boolean, isHost?: boolean }} props
 */
export function RecordingNotice({ consent, canPublish, isHost = false }) {
  if (isHost || !consent.mine || consent.mine.consent !== null) return null;
  const footer = html`<div class="row row-wrap confirm-foot">
    ${canPublish && html`<${Button} class="grow" onClick=${() => consent.say('seen')}>${t('Do not record me')}<//>`}
    <${Button} class="grow" kind="primary" onClick=${() => consent.say(canPublish ? 'given' : 'seen')}>${canPublish ? t('I agree to be recorded') : t('I understand')}<//>
  </div>`;
  return html`<${Dialog} title=${t('This room is recorded')} onClose=${() => consent.say('seen')} footer=${footer}>
    <div class="stack">
      <p>${t('The host records what is seen and heard on stage, to be watched again later. What you write in the chat stands beside it.')}</p>
      <p>${canPublish ? t('Your camera and your voice are recorded only if you agree. You can change your mind at any time.') : t('As a viewer you are neither seen nor heard in it.')}</p>
    </div>
  <//>`;
}

/**
 * For who is on stage: how it stands, and the other choice.
 *
 * @param {{ consent: ReturnType<typeof useConsent> }} props
 */
export function ConsentChoice({ consent }) {
  if (!consent.mine) return null;
  const isGiven = consent.mine.consent === 'given';
  return html`<div class=${`note ${isGiven ? '' : 'note-warn'} consent-choice`}>
    <span class="grow">${isGiven ? t('You are in the recording.') : t('You are not in the recording.')}</span>
    <${Button} size="s" onClick=${() => consent.say(isGiven ? 'seen' : 'given')}>${isGiven ? t('Leave me out') : t('Record me')}<//>
  </div>`;
}
