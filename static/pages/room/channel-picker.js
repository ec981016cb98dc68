import { html } from 'htm/preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { toast } from '../../components/toast.js';
import { languageName } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** What is heard: the floor, or an interpreter over it. Only where somebody interprets. @param {{ session: import('./show-session.js').ShowSession }} props */
export function ChannelPicker({ session }) {
  const { interpreting, state } = session;
  const mine = interpreting.mine.value?.locale;
  const channels = state.channels.value.filter(({ locale }) => locale !== mine);
  const isLate = Boolean(interpreting.problem.value);
  const heard = interpreting.heard.value;
  useTold(isLate, heard);
  if (!channels.length) return null;
  return html`<label class="locale-picker locale-picker-video is-compact channel-picker" title=${isLate ? t('Not heard yet') : undefined}>
    <${Icon} name=${isLate ? 'alert' : 'mic'} size=${20} />
    <span class="sr-only">${t('What you hear')}</span>
    <span class="locale-picker-name" aria-hidden="true">${heard ? heard.toUpperCase() : t('Original')}</span>
    <select value=${heard} onChange=${(/** @type {any} */ event) => (interpreting.wanted.value = event.currentTarget.value)}>
      <option value="">${t('Original sound')}</option>
      ${channels.map(({ locale, on }) => html`<option key=${locale} value=${locale}>${on ? t('{language}, interpreted', { language: languageName(locale) }) : t('{language}, nobody interprets right now', { language: languageName(locale) })}</option>`)}
    </select>
  </label>`;
}

/** That the server has not taken what was chosen, once, and when it has after all. @param {boolean} isLate @param {string} heard */
function useTold(isLate, heard) {
  const late = useRef(/** @type {string | null} */ (null));
  useEffect(() => {
    if (isLate) toast(t('What you chose to hear is not on yet. It is tried again by itself.'), { kind: 'bad' });
    else if (late.current === heard) toast(t('What you chose to hear is on now.'), { kind: 'good' });
    late.current = isLate ? heard : null;
  }, [isLate]);
}
