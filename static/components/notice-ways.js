import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Problem, api } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { forgetThisBrowser, keepTold, tellThisBrowser, thisBrowser, whyNoPush } from '../lib/push.js';
import { isSignedIn, me } from '../lib/session.js';
import { Button } from './button.js';
import { FormField } from './form-field.js';
import { Icon } from './icon.js';
import { refusalText } from './refusal.js';
import { ErrorState, SkeletonText } from './states.js';
import { toast } from './toast.js';
import { useLoad } from './use-load.js';

/** @typedef {{ push_key: string, mail: boolean, email: { address: string, state: 'pending'|'confirmed' } | null, browsers: { id: string }[] }} Ways */

/** @param {AbortSignal} signal @returns {Promise<Ways>} */
async function loadWays(signal) {
  const ways = await api.get('/notifications', { signal });
  try {
    return (await keepTold(ways.push_key)) ? await api.get('/notifications', { signal }) : ways;
  } catch (error) {
    console.warn('livehub: notices of this browser could not be renewed', error);
    return ways;
  }
}

/** How I am told that a show begins: in this browser, by e-mail. */
export function NoticeWays() {
  const { data, error, reload } = useLoad(loadWays, []);
  if (error && !data) return html`<${ErrorState} error=${error} onRetry=${reload} />`;
  if (!data) return html`<${SkeletonText} lines=${3} />`;
  return html`<div class="stack">
    <${ThisBrowser} ways=${data} onChanged=${reload} />
    ${(data.mail || data.email) && html`<${ByMail} ways=${data} onChanged=${reload} />`}
  </div>`;
}

/** @param {{ ways: Ways, onChanged: () => void }} props */
function ThisBrowser({ ways, onChanged }) {
  const [isBusy, setBusy] = useState(false);
  const isTold = ways.browsers.some(({ id }) => id === thisBrowser());
  const obstacle = whyNoPush();
  const change = async () => {
    setBusy(true);
    try {
      if (isTold) await forgetThisBrowser();
      else if (!(await tellThisBrowser(ways.push_key))) toast(t('The browser does not allow notices from here.'), { kind: 'bad' });
      onChanged();
    } catch (error) {
      toast(error instanceof Problem ? refusalText(error) : t('This browser’s push service cannot be reached.'), { kind: 'bad' });
    }
    setBusy(false);
  };
  return html`<div class="row notice-way">
    <${Icon} name="bell" /><span class="grow">${t('In this browser')}
      ${obstacle === 'denied' && html`<span class="muted small notice-why">${t('Blocked in the settings of this browser.')}</span>`}
      ${obstacle === 'unsupported' && html`<span class="muted small notice-why">${t('This browser cannot. On an iPhone, add the page to the home screen first.')}</span>`}
    </span>
    <${Button} size="s" kind=${isTold ? 'secondary' : 'primary'} busy=${isBusy} disabled=${Boolean(obstacle) && !isTold} aria-pressed=${isTold ? 'true' : 'false'} onClick=${change}>${isTold ? t('Turn off') : t('Turn on')}<//>
  </div>`;
}

/** @param {{ ways: Ways, onChanged: () => void }} props */
function ByMail({ ways, onChanged }) {
  const [email, setEmail] = useState(me.value?.email ?? '');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const run = async (/** @type {() => Promise<unknown>} */ act) => {
    setBusy(true);
    setProblem('');
    try {
      await act();
      onChanged();
    } catch (error) {
      setProblem(refusalText(error));
    }
    setBusy(false);
  };
  if (ways.email) {
    return html`<div class="row notice-way">
      <${Icon} name="send" /><span class="grow"><bdi dir="ltr">${ways.email.address}</bdi>
        ${ways.email.state === 'pending' && html`<span class="muted small notice-why" role="status">${t('We sent a letter there. Open the link in it to confirm.')}</span>`}
        ${problem && html`<span class="field-error" role="alert">${problem}</span>`}
      </span>
      <${Button} size="s" busy=${isBusy} onClick=${() => run(() => api.delete('/notifications/email'))}>${t('Turn off')}<//>
    </div>`;
  }
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(() => api.put('/notifications/email', isSignedIn() && email === me.value?.email ? {} : { email }));
  };
  return html`<form class="row notice-mail" onSubmit=${send} noValidate>
    <${FormField} class="grow" label=${t('By e-mail')} type="email" inputmode="email" autocomplete="email" dir="ltr" value=${email} error=${problem} onInput=${(/** @type {string} */ value) => (setEmail(value), setProblem(''))} />
    <${Button} type="submit" size="s" kind="primary" busy=${isBusy} disabled=${!email.trim()}>${t('Turn on')}<//>
  </form>`;
}
