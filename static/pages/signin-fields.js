/** The frame and the fields that signing in and signing up share. */

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { FormField } from '../components/form-field.js';
import { Brand } from '../components/header.js';
import { Icon } from '../components/icon.js';
import { LocalePicker } from '../components/locale-picker.js';
import { t, tc } from '../lib/i18n.js';

/** @param {{ title: string, lead: string, children?: any, foot: any }} props */
export const SignFrame = ({ title, lead, children, foot }) => html`<div class="sign">
  <header class="sign-head"><${Brand} /><span class="grow" /><${LocalePicker} /></header>
  <main id="main" class="sign-main">
    <div class="sign-card">
      <h1 class="sign-title">${title}</h1>
      <p class="muted">${lead}</p>
      ${children}
    </div>
    <p class="sign-foot">${foot}</p>
  </main>
</div>`;

/** A message over the form. @param {{ children?: any }} props */
export const FormError = ({ children }) =>
  html`<p class="sign-error" role="alert"><${Icon} name="alert" size=${20} /><span>${children}</span></p>`;

/** @param {{ value: string, onInput: (value: string) => void, onBlur?: () => void, error?: string }} props */
export const EmailField = (props) => html`<${FormField}
  label=${t('Email')} type="email" name="email" autocomplete="username" inputmode="email" autocapitalize="off" spellcheck=${false} dir="ltr" required ...${props} />`;

/**
 * @param {{ value: string, onInput: (value: string) => void, onBlur?: () => void, error?: string, hint?: any, isNew?: boolean }} props
 */
export function PasswordField({ isNew, ...props }) {
  const [isShown, show] = useState(false);
  const toggle = html`<button type="button" class="sign-reveal" aria-pressed=${isShown ? 'true' : 'false'} aria-label=${t('Show the password')}
    onClick=${() => show(!isShown)}>${isShown ? t('Hide') : tc('password', 'Show')}</button>`;
  return html`<${FormField} label=${t('Password')} type=${isShown ? 'text' : 'password'} name="password" dir="ltr" spellcheck=${false} autocapitalize="off"
    autocomplete=${isNew ? 'new-password' : 'current-password'} required suffix=${toggle} class="sign-password" ...${props} />`;
}

/** @param {string} email @returns {string} what is wrong, or nothing */
export function emailFault(email) {
  if (!email.trim()) return t('Enter your email address.');
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? '' : t('This does not look like an email address.');
}
