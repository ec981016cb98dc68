import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { errorText } from '../../components/states.js';
import { t } from '../../lib/i18n.js';
import { signInHref } from '../../lib/session.js';

/**
 * Asks a guest for the name others will see, once, when it is needed.
 *
 * @param {{ session: import('./show-session.js').ShowSession, why?: string, act?: string, onNamed: () => void, onClose: () => void }} props
 *   `why` the name is needed and what is done once it is given; without them a message is sent
 */
export function NameDialog({ session, why, act, onNamed, onClose }) {
  const [name, setName] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);

  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const wanted = name.trim();
    if (!wanted) return setError(t('Please type a name.'));
    setBusy(true);
    try {
      await session.introduce(wanted);
      onNamed();
    } catch (problem) {
      setError(errorText(problem));
      setBusy(false);
    }
    return undefined;
  };

  return html`<${Dialog} title=${t('What may we call you?')} onClose=${onClose}>
    <form class="stack" onSubmit=${submit}>
      <p class="muted">${why ?? t('The host and other viewers see this name beside your messages.')}</p>
      <${FormField} label=${t('Your name')} value=${name} error=${error} maxlength="40" autocomplete="nickname" inputRef=${field}
        onInput=${(/** @type {string} */ value) => (setName(value), setError(''))} />
      <${Button} kind="primary" type="submit" wide busy=${busy}>${act ?? t('Send my message')}<//>
      <p class="small muted">${t('Do you have an account?')} <a href=${signInHref()}>${t('Sign in')}</a></p>
    </form>
  <//>`;
}
