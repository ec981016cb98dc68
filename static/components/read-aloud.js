import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { serverConfig } from '../lib/config.js';
import { locale, t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { isForMe, ReadAloud, readChoice } from '../lib/read-aloud.js';
import { ServerVoice } from '../lib/server-voice.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { ChoiceTiles } from './form-field.js';

/** How long a line waits for its translation before it is read in its own language. */
const TRANSLATION_MS = 1_500;

/** One voice for the page: two would talk over each other. */
const aloud = new ReadAloud();
/** Whether something is read right now. */
export const isRead = aloud.isHeard;

/**
 * Reads what comes, while it is switched on. What was there before is not read.
 *
 * @param {import('../lib/room-state.js').RoomState} state
 */
export function useReadAloud(state) {
  const known = useRef(new Set(/** @type {string[]} */ ([])));
  const { isOn, chat, captions, products } = readChoice.value;
  const messages = state.messages.value;
  const pinned = state.pinned.value[0];
  const isPrimed = useRef(false);
  const me = state.me.value?.identity;

  const room = state.room.value?.id;

  useEffect(() => {
    if (!room) return undefined;
    let isThere = true;
    serverConfig().then(
      ({ speech }) => isThere && speech && (aloud.server = new ServerVoice(room, speech.locales)),
      () => {}, // without the server's voices, then
    );
    return () => {
      isThere = false;
      aloud.server = null;
    };
  }, [room]);

  useEffect(() => {
    if (!isOn) aloud.stop();
    return () => aloud.stop();
  }, [isOn]);

  useEffect(() => {
    const fresh = messages.filter(({ id, pending }) => !pending && !known.current.has(id));
    for (const { id } of fresh) known.current.add(id);
    aloud.keep(({ of, id }) => of !== 'message' || messages.some((message) => message.id === id && !message.deleted));
    if (!me) return; // the lines of before come together with who I am
    const wasPrimed = isPrimed.current;
    isPrimed.current = true;
    if (!isOn || !wasPrimed) return;
    for (const { id } of fresh.filter((message) => isForMe(message, me, chat))) {
      setTimeout(() => {
        const message = state.messages.value.find((other) => other.id === id);
        if (!message || message.deleted || !readChoice.value.isOn) return;
        const { text, locale: tag } = message.translation ?? message;
        aloud.say('chat', `${message.author.display_name}: ${text}`, tag, { of: 'message', id });
      }, waitMs(messages, id));
    }
  }, [messages, isOn, chat, me]);

  useEffect(() => {
    if (!isOn || !captions) return undefined;
    const read = (/** @type {import('../lib/captions-state.js').ShownLine} */ line) => aloud.say('caption', line.text, line.locale, { of: 'caption', id: line.id });
    state.captions.listeners.add(read);
    return () => void state.captions.listeners.delete(read);
  }, [isOn, captions]);

  useEffect(() => {
    if (isOn && products && pinned) aloud.say('product', t('Shown now: {title}, {price}', { title: state.words.plain(pinned.title), price: formatMoney(pinned.price) }), locale(), { of: 'offer', id: pinned.id });
  }, [isOn, products, pinned?.id]);
}

/** None for a line in my language. @param {import('../lib/types.js').Message[]} messages @param {string} id */
function waitMs(messages, id) {
  const message = messages.find((other) => other.id === id);
  return !message || message.locale === locale() || message.translation ? 0 : TRANSLATION_MS;
}

/** What is read, and the switch. @param {{ onClose: () => void }} props */
export function ReadAloudDialog({ onClose }) {
  const choice = readChoice.value;
  const hasVoice = useHasVoice();
  const served = useServed();
  const change = (/** @type {Partial<import('../lib/read-aloud.js').ReadChoice>} */ more) => (readChoice.value = { ...readChoice.value, ...more });
  const box = (/** @type {string} */ label, /** @type {'captions'|'products'} */ key) => html`<label class="aloud-check">
    <input type="checkbox" checked=${choice[key]} disabled=${!choice.isOn} onChange=${(/** @type {any} */ event) => change({ [key]: event.currentTarget.checked })} /><span>${label}</span>
  </label>`;
  const turn = (/** @type {any} */ event) => {
    change({ isOn: event.currentTarget.checked });
    if (event.currentTarget.checked) aloud.say('system', t('I read to you from now on.'), locale(), { of: 'greeting' });
  };
  return html`<${Dialog} title=${t('Read aloud')} onClose=${onClose} footer=${html`<${Button} wide onClick=${() => aloud.stop()}>${t('Be silent now')}<//>`}>
    <div class="stack">
      <label class="aloud-check"><input type="checkbox" role="switch" checked=${choice.isOn} onChange=${turn} /><span>${t('Read aloud what comes')}</span></label>
      ${!hasVoice && html`<${NoVoice} served=${served} />`}
      <${ChoiceTiles} legend=${t('Chat')} name="aloud-chat" value=${choice.chat} onChange=${(/** @type {any} */ chat) => change({ chat })}
        options=${[
          { value: 'replies', title: t('Replies to me and announcements'), disabled: !choice.isOn },
          { value: 'all', title: t('Every line'), disabled: !choice.isOn },
          { value: 'none', title: t('No lines'), disabled: !choice.isOn },
        ]} />
      ${box(t('Captions in my language'), 'captions')}
      ${box(t('Products when they are shown'), 'products')}
    </div>
  <//>`;
}

/** Who reads, where the browser cannot. @param {{ served: { remote: string | null } | null }} props */
function NoVoice({ served }) {
  if (!served) return html`<p class="note note-warn" role="status">${t('This browser has no voice for your language. It may read with another one, or not at all.')}</p>`;
  const words = served.remote ? t('This browser has no voice for your language: {engine}, another service, reads to you.', { engine: served.remote }) : t('This browser has no voice for your language: the server reads to you.');
  return html`<p class="note" role="status">${words}</p>`;
}

/** Whether the server has a voice for my language. */
function useServed() {
  const [speech, setSpeech] = useState(/** @type {import('../lib/types.js').ServerConfig['speech']} */ (null));
  useEffect(() => void serverConfig().then((config) => setSpeech(config.speech), () => {}), []);
  return speech?.locales.includes(locale()) ? speech : null;
}

/** Voices come some time after the page. */
function useHasVoice() {
  const [hasVoice, setHas] = useState(Boolean(aloud.voiceFor(locale())));
  useEffect(() => {
    const look = () => setHas(Boolean(aloud.voiceFor(locale())));
    const voices = aloud.synthesis;
    look();
    voices?.addEventListener?.('voiceschanged', look);
    return () => voices?.removeEventListener?.('voiceschanged', look);
  }, []);
  return hasVoice;
}
