import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { errorText } from '../components/states.js';
import { t } from '../lib/i18n.js';
import { isSignedIn, me, signIn } from '../lib/session.js';
import { EmailField, emailFault, FormError, PasswordField, SignFrame } from './signin-fields.js';
import { returnPath, withReturn } from './signin-return.js';

export default function SignInPage() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [touched, setTouched] = useState({ email: false, password: false });
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const faults = { email: emailFault(email), password: password ? '' : t('Enter your password.') };

  useEffect(() => {
    if (me.value && isSignedIn()) window.location.replace(returnPath());
  }, [me.value]);

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setTouched({ email: true, password: true });
    if (faults.email || faults.password) return;
    setBusy(true);
    setProblem('');
    try {
      await signIn(email.trim(), password); // the effect above leaves the page
    } catch (error) {
      setBusy(false);
      setProblem(refusal(error));
    }
  };

  return html`<${SignFrame} title=${t('Welcome back')} lead=${t('Sign in to your studio and your shop.')}
    foot=${html`${t('New here?')} <a href=${withReturn('/signup')}>${t('Make an account')}</a>`}>
    <form class="stack" onSubmit=${submit} noValidate>
      ${problem && html`<${FormError}>${problem}<//>`}
      <${EmailField} value=${email} onInput=${setEmail} error=${touched.email ? faults.email : ''} onBlur=${() => email && setTouched({ ...touched, email: true })} />
      <${PasswordField} value=${password} onInput=${setPassword} error=${touched.password ? faults.password : ''} />
      <${Button} kind="primary" size="l" type="submit" wide busy=${isBusy}>${t('Sign in')}<//>
    </form>
  <//>`;
}

/** @param {unknown} error */
function refusal(error) {
  const { code, status } = /** @type {{ code?: string, status?: number }} */ (error);
  if (code === 'rate_limited') return t('Too many attempts. Wait a minute and try again.');
  if (status === 401) return t('The email address or the password is not right.');
  return errorText(error);
}
