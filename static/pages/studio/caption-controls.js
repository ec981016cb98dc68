import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { LOCALES } from '../../components/locale-picker.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { announce } from '../../lib/announce.js';
import { api } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('./session.js').StudioSession} StudioSession */

/** Whether what is said is written, and for those who run the show the switch. @param {{ session: StudioSession }} props */
export function CaptionControls({ session }) {
  const { captions } = session.state.captions;
  const room = session.state.room.value;
  const [isStarting, start] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const { state } = captions.value;
  if (!room || (!session.hasCaptions.value && state === 'off')) return null;
  const act = async (/** @type {{ action: 'start'|'stop', locale?: string }} */ body) => {
    setBusy(true);
    try {
      captions.value = await api.post(`/rooms/${room.id}/captions`, body);
      announce(wordsOf(captions.value.state));
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
    setBusy(false);
  };
  const may = room.can.includes('room.caption') && room.state === 'live';
  return html`<div class="strip-item strip-captions" role="group" aria-label=${t('Captions')}>
    <span class="strip-label">${t('Captions')}</span>
    <span class="row">
      <span class=${`strip-value ${state === 'failed' ? 'strip-bad' : state === 'on' ? 'strip-good' : ''}`} role="status">${isBusy ? t('Starting…') : wordsOf(state)}</span>
      ${may && state === 'off' && html`<${IconButton} icon="captions" label=${t('Start captions')} busy=${isBusy} aria-haspopup="dialog" onClick=${() => start(true)} />`}
      ${may && state !== 'off' && html`<${IconButton} icon="end" label=${t('Stop captions')} busy=${isBusy} onClick=${() => act({ action: 'stop' })} />`}
    </span>
    ${isStarting && html`<${StartCaptions} spoken=${room.locale} onClose=${() => start(false)} onStart=${(/** @type {string} */ locale) => act({ action: 'start', locale })} />`}
  </div>`;
}

/** @param {import('../../lib/captions-state.js').Captions['state']} state */
const wordsOf = (state) => ({ off: t('Off'), on: t('On'), failed: t('Stopped by a failure') })[state];

/** @param {{ spoken: string, onClose: () => void, onStart: (locale: string) => void }} props */
function StartCaptions({ spoken, onClose, onStart }) {
  const [locale, setLocale] = useState(spoken);
  const begin = () => {
    onClose();
    onStart(locale);
  };
  const footer = html`<div class="row confirm-foot"><${Button} class="grow" onClick=${onClose}>${t('Cancel')}<//><${Button} class="grow" kind="primary" onClick=${begin}>${t('Start captions')}<//></div>`;
  return html`<${Dialog} title=${t('Start captions')} onClose=${onClose} footer=${footer}>
    <div class="stack">
      <p>${t('What is said on stage is written by the server and shown to everybody, translated for readers of other languages. Everybody sees that captions are made. While the show is recorded, they are kept with the recording.')}</p>
      <${FormField} as="select" label=${t('What is spoken')} value=${locale} onInput=${setLocale}>
        ${LOCALES.map(([tag, name]) => html`<option key=${tag} value=${tag} lang=${tag} selected=${tag === locale}>${name}</option>`)}
      <//>
    </div>
  <//>`;
}
