import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { channelOf } from '../lib/interpreting.js';
import { languageName } from '../lib/format.js';
import { locale, t } from '../lib/i18n.js';
import { Button } from './button.js';
import { FormField } from './form-field.js';
import { LOCALES } from './locale-picker.js';

/**
 * Ask somebody to interpret into a language, or take it back.
 *
 * @param {{ session: { connection: import('../lib/protocol.js').RoomConnection, state: import('../lib/room-state.js').RoomState }, identity: string, name: string,
 *   act: (action: () => Promise<unknown>, done: string) => Promise<void> }} props
 */
export function InterpretForm({ session, identity, name, act }) {
  const { connection, state } = session;
  const present = channelOf(state.channels.value, identity)?.locale ?? '';
  const [chosen, choose] = useState(present || (LOCALES.find(([tag]) => tag !== state.room.value?.locale && tag !== locale())?.[0] ?? 'en'));
  const [isBusy, setBusy] = useState(false);
  const call = async (/** @type {'grant'|'revoke'} */ what, /** @type {string} */ tag, /** @type {string} */ done) => {
    setBusy(true);
    await act(() => connection.call(`interpreter:${what}`, { identity, locale: tag }), done);
    setBusy(false);
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    return call('grant', chosen, t('{name} may interpret into {language}.', { name, language: languageName(chosen) }));
  };
  return html`<form class="stack" onSubmit=${submit}>
    <p>${t('An interpreter hears the show and speaks in another language; viewers who choose that language hear both, the show low.')}</p>
    <${FormField} as="select" label=${t('Language')} value=${chosen} onInput=${choose}>${LOCALES.map(([tag, own]) => html`<option key=${tag} value=${tag} lang=${tag}>${own}</option>`)}<//>
    <${Button} type="submit" kind="primary" wide busy=${isBusy}>${t('Let {name} interpret', { name })}<//>
    ${present && html`<${Button} wide busy=${isBusy} onClick=${() => call('revoke', present, t('{name} no longer interprets.', { name }))}>${t('No longer interpret into {language}', { language: languageName(present) })}<//>`}
  </form>`;
}
