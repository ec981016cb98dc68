import { html } from 'htm/preact';
import { Icon } from '../../components/icon.js';
import { languageName } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** What is heard: the floor, or an interpreter over it. Only where somebody interprets. @param {{ session: import('./show-session.js').ShowSession }} props */
export function ChannelPicker({ session }) {
  const { interpreting, state } = session;
  const mine = interpreting.mine.value?.locale;
  const channels = state.channels.value.filter(({ locale }) => locale !== mine);
  if (!channels.length) return null;
  const heard = interpreting.heard.value;
  return html`<label class="locale-picker locale-picker-video is-compact channel-picker">
    <${Icon} name="mic" size=${20} />
    <span class="sr-only">${t('What you hear')}</span>
    <span class="locale-picker-name" aria-hidden="true">${heard ? heard.toUpperCase() : t('Original')}</span>
    <select value=${heard} onChange=${(/** @type {any} */ event) => (interpreting.wanted.value = event.currentTarget.value)}>
      <option value="">${t('Original sound')}</option>
      ${channels.map(({ locale, on }) => html`<option key=${locale} value=${locale}>${on ? t('{language}, interpreted', { language: languageName(locale) }) : t('{language}, nobody interprets right now', { language: languageName(locale) })}</option>`)}
    </select>
  </label>`;
}
