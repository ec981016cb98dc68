/** The studio's words for kinds, visibilities and device problems. */

import { t } from '../../lib/i18n.js';

/** @param {import('../../lib/types.js').Room['kind']} kind */
export const kindTitle = (kind) => ({ show: t('Show'), expert: t('Expert room'), class: t('Class') })[kind];

/** @param {import('../../lib/types.js').Room['kind']} kind */
export const kindText = (kind) =>
  ({
    show: t('You present products; viewers chat and buy while they watch.'),
    expert: t('Professionals speak on a stage; members listen and ask.'),
    class: t('You teach; students watch, raise their hands and come on stage.'),
  })[kind];

/** @param {import('../../lib/types.js').Room['visibility']} visibility */
export const visibilityTitle = (visibility) => ({ public: t('Public'), unlisted: t('Only with the link'), private: t('Private') })[visibility];

/** @param {import('../../lib/types.js').Room['visibility']} visibility */
export const visibilityText = (visibility) =>
  ({
    public: t('It stands on the start page for everybody.'),
    unlisted: t('Whoever has the link can come in.'),
    private: t('Only people you admit can come in.'),
  })[visibility];

/** How a room of a kind may be recorded, its own way first. @param {import('../../lib/types.js').Room['kind']} kind @returns {import('../../lib/types.js').Room['recording'][]} */
export const recordingsOf = (kind) => ({ show: /** @type {const} */ (['on', 'consent', 'off']), expert: /** @type {const} */ (['off', 'consent']), class: /** @type {const} */ (['consent', 'off']) })[kind].slice();

/** @param {import('../../lib/types.js').Room['recording']} mode */
export const recordingTitle = (mode) => ({ on: t('Record it'), consent: t('Record with consent'), off: t('Do not record') })[mode];

/** @param {import('../../lib/types.js').Room['recording']} mode */
export const recordingText = (mode) =>
  ({
    on: t('It can be watched again when it is over.'),
    consent: t('Everybody is told, and who is on stage is recorded only after agreeing.'),
    off: t('Nothing is kept of picture and sound.'),
  })[mode];

/** What stands in the way of camera and microphone, and the way out. @param {import('../../lib/media-devices.js').DeviceProblem} problem */
export function deviceWords(problem) {
  switch (problem) {
    case 'denied':
      return { title: t('The camera is not allowed'), text: t('Press the camera or lock sign beside the address, allow camera and microphone, and try again.') };
    case 'missing':
      return { title: t('No camera or microphone found'), text: t('Plug one in and try again, share your screen, or send the picture from another program.') };
    case 'busy':
      return { title: t('The camera is in use'), text: t('Another program or tab holds it. Close that one and try again.') };
    case 'insecure':
      return { title: t('The browser gives no camera here'), text: t('Cameras work only on pages whose address begins with https://') };
    default:
      return { title: t('The camera could not be opened'), text: t('Try again, or restart the browser.') };
  }
}
