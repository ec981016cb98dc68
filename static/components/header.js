import { html } from 'htm/preact';
import { bearer } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { isSignedIn, me } from '../lib/session.js';
import { Button, IconButton } from './button.js';
import { LocalePicker } from './locale-picker.js';

/** The mark: two arcs of a broadcast around a shopping dot. */
export const Brand = () => html`<a class="brand" href="/" aria-label="livehub">
  <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
    <rect width="28" height="28" rx="8" class="brand-tile" />
    <circle cx="14" cy="14" r="3.2" class="brand-dot" />
    <path d="M8.6 19.4a7.6 7.6 0 0 1 0-10.8M19.4 8.6a7.6 7.6 0 0 1 0 10.8" class="brand-arc" />
  </svg>
  <span>livehub</span>
</a>`;

/**
 * The bar at the top of every page but the show itself.
 *
 * @param {{ current?: 'start'|'studio'|'desk'|'account', children?: any }} props
 */
export function Header({ current, children }) {
  const link = (/** @type {string} */ id, /** @type {string} */ href, /** @type {string} */ text) =>
    html`<a class="nav-link" href=${href} aria-current=${current === id ? 'page' : undefined}>${text}</a>`;
  return html`<header class="header">
    <a class="skip-link" href="#main">${t('Skip to the content')}</a>
    <div class="header-inside">
      <${Brand} />
      <nav class="nav" aria-label=${t('Main')}>
        ${isSignedIn() && html`${link('studio', '/studio', t('Studio'))} ${link('desk', '/desk', t('Shop desk'))}`}
      </nav>
      ${children}
      <span class="grow" />
      <${LocalePicker} compact />
      ${isSignedIn() && html`<${IconButton} icon="user" label=${t('Account of {name}', { name: me.value?.display_name ?? '' })} href="/account" />`}
      ${me.value !== undefined && !isSignedIn() && !bearer() && html`<${Button} kind="quiet" size="s" href="/signin">${t('Sign in')}<//>`}
    </div>
  </header>`;
}
