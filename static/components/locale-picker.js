import { html } from 'htm/preact';
import { locale, t } from '../lib/i18n.js';
import { setLocale } from '../lib/session.js';
import { Icon } from './icon.js';

/** Languages by their own names, as each reader looks for them. */
export const LOCALES = [
  ['ar', 'العربية'],
  ['zh', '中文'],
  ['en', 'English'],
  ['fr', 'Français'],
  ['id', 'Bahasa Indonesia'],
  ['ja', '日本語'],
  ['ru', 'Русский'],
  ['es', 'Español'],
  ['th', 'ไทย'],
  ['tr', 'Türkçe'],
  ['vi', 'Tiếng Việt'],
];

/** @param {{ kind?: 'page'|'video', compact?: boolean }} props */
export function LocalePicker({ kind = 'page', compact }) {
  return html`<label class=${`locale-picker locale-picker-${kind} ${compact ? 'is-compact' : ''}`}>
    <${Icon} name="globe" size=${20} />
    <span class="sr-only">${t('Language')}</span>
    <span class="locale-picker-name" aria-hidden="true">${compact ? locale().toUpperCase() : LOCALES.find(([tag]) => tag === locale())?.[1]}</span>
    <select onChange=${(/** @type {any} */ event) => setLocale(event.currentTarget.value)}>
      ${LOCALES.map(([tag, name]) => html`<option key=${tag} value=${tag} lang=${tag} selected=${tag === locale()}>${name}</option>`)}
    </select>
  </label>`;
}
