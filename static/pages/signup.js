import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { FormField } from '../components/form-field.js';
import { errorText } from '../components/states.js';
import { t } from '../lib/i18n.js';
import { isSignedIn, me, signUp } from '../lib/session.js';
import { EmailField, emailFault, FormError, PasswordField, SignFrame } from './signin-fields.js';
import { returnPath, withReturn } from './signin-return.js';

/** The server's own limit; shown before it refuses. */
const MIN_PASSWORD = 10;

/** @typedef {'display_name'|'email'|'password'} Field */

export default function SignUpPage() {
  const [form, setForm] = useState({ display_name: '', email: '', password: '' });
  const [touched, setTouched] = useState(/** @type {Partial<Record<Field, boolean>>} */ ({}));
  const [refused, setRefused] = useState(/** @type {Partial<Record<Field | 'form', string>>} */ ({}));
  const [isBusy, setBusy] = useState(false);
  const faults = faultsOf(form);

  useEffect(() => {
    if (me.value && isSignedIn()) window.location.replace(returnPath());
  }, [me.value]);

  const field = (/** @type {Field} */ name) => ({
    value: form[name],
    onInput: (/** @type {string} */ value) => (setForm({ ...form, [name]: value }), setRefused({ ...refused, [name]: '', form: '' })),
    onBlur: () => form[name] && setTouched({ ...touched, [name]: true }),
    error: refused[name] || (touched[name] ? faults[name] : ''),
  });

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setTouched({ display_name: true, email: true, password: true });
    if (Object.values(faults).some(Boolean)) return;
    setBusy(true);
    try {
      await signUp({ ...form, email: form.email.trim(), display_name: form.display_name.trim() });
    } catch (error) {
      setBusy(false);
      setRefused(refusal(error));
    }
  };

  const signInLink = html`<a href=${withReturn('/signin')}>${t('Sign in')}</a>`;
  return html`<${SignFrame} title=${t('Sell live')} lead=${t('Make an account, put a few products in, and go on air from this browser.')}
    foot=${html`${t('Already have an account?')} ${signInLink}`}>
    <form class="stack" onSubmit=${submit} noValidate>
      ${refused.form && html`<${FormError}>${refused.form}<//>`}
      <${FormField} label=${t('Your name')} name="name" autocomplete="name" maxlength="80" required hint=${t('Viewers see it beside your show.')} ...${field('display_name')} />
      <${EmailField} ...${field('email')} />
      <${PasswordField} isNew hint=${t('At least {n} characters. A few plain words work well.', { n: MIN_PASSWORD })} ...${field('password')} />
      <${Button} kind="primary" size="l" type="submit" wide busy=${isBusy}>${t('Make an account')}<//>
    </form>
  <//>`;
}

/** @param {{ display_name: string, email: string, password: string }} form @returns {Record<Field, string>} */
function faultsOf({ display_name, email, password }) {
  return {
    display_name: display_name.trim() ? '' : t('Tell us what to call you.'),
    email: emailFault(email),
    password: password.length >= MIN_PASSWORD ? '' : t('Use at least {n} characters.', { n: MIN_PASSWORD }),
  };
}

/** @param {unknown} error @returns {Partial<Record<Field | 'form', string>>} */
function refusal(error) {
  const { code = '', field = '' } = /** @type {{ code?: string, field?: string }} */ (error);
  if (code === 'password_too_easy') return { password: t('At least {n} characters. A few plain words work well.', { n: MIN_PASSWORD }) };
  if (code === 'email_taken') return { email: t('There is an account with this address already. Sign in instead.') };
  if (field === 'email' || field === 'password' || field === 'display_name') return { [field]: errorText(error) };
  return { form: errorText(error) };
}
