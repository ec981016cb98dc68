import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { LevelMeter } from '../../components/level-meter.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { announce } from '../../lib/announce.js';
import { languageName } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { deviceProblem, watchLevel } from '../../lib/media-devices.js';

/** For those whom a host has asked to interpret: who is on, and taking turns. @param {{ session: import('./show-session.js').ShowSession }} props */
export function InterpreterBar({ session }) {
  const { interpreting, state } = session;
  const channel = interpreting.mine.value;
  const me = state.me.value?.identity;
  const [isBusy, setBusy] = useState(false);
  const nameOf = (/** @type {string|null} */ identity) => channel?.interpreters.find((one) => one.identity === identity)?.display_name ?? '';
  const isOn = interpreting.isOn.value;
  // Somebody may be handed the channel before they have opened a microphone, and a page that is loaded anew has none.
  const isHeard = isOn && Boolean(interpreting.microphone.value);
  const asks = channel?.asked && channel.asked !== me ? nameOf(channel.asked) : '';
  useEffect(() => {
    if (channel) announce(t('You may interpret into {language}.', { language: languageName(channel.locale) }));
  }, [channel?.locale]);
  useEffect(() => {
    if (isHeard) announce(t('You are on: the listeners of your language hear you.'));
    else if (isOn) announce(t('You are on, and nobody hears you yet'));
  }, [isOn, isHeard]);
  useEffect(() => {
    if (isOn && asks) announce(t('{name} would take over.', { name: asks }));
  }, [isOn, asks]);
  if (!channel) return null;

  const attempt = (/** @type {() => Promise<unknown>} */ act) => async () => {
    setBusy(true);
    await act().catch((error) => toast(error instanceof DOMException ? t('Your microphone cannot be used ({problem}).', { problem: deviceProblem(error) }) : refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  const isFree = !channel.on;
  const hasAsked = channel.asked === me;
  const words = isOn && !isHeard ? t('You are on, and nobody hears you yet') : isOn ? t('You are on') : channel.on ? t('{name} is on', { name: nameOf(channel.on) }) : t('Nobody is on');
  const others = channel.interpreters.filter(({ identity }) => identity !== me);
  return html`<section class="interpreter-bar" aria-label=${t('Interpreting')}>
    <span class=${`on-stage-state is-${isHeard ? 'connected' : 'idle'}`} role="status"><span class="on-stage-dot" aria-hidden="true"></span><strong>${languageName(channel.locale)}</strong> <bdi>${words}</bdi></span>
    ${interpreting.microphone.value && html`<${Level} stream=${interpreting.microphone.value} />`}
    ${(isFree || (isOn && !isHeard)) && html`<${Button} size="s" kind="primary" icon="mic" busy=${isBusy} onClick=${attempt(() => interpreting.turn('take', channel.locale))}>${t('Interpret now')}<//>`}
    ${!isOn && !isFree && !hasAsked && html`<${Button} size="s" kind="primary" icon="hand" busy=${isBusy} onClick=${attempt(() => interpreting.turn('ask', channel.locale))}>${t('Ask to take over')}<//>`}
    ${!isOn && !isFree && hasAsked && html`<${Button} size="s" icon="hand" busy=${isBusy} onClick=${attempt(() => interpreting.turn('take', channel.locale))}>${t('Take over now')}<//>`}
    ${isOn && others.map(({ identity, display_name }) => html`<${Button} key=${identity} size="s" kind=${channel.asked === identity ? 'primary' : 'secondary'} busy=${isBusy} onClick=${attempt(() => interpreting.hand(channel.locale, identity))}>${t('Hand over to {name}', { name: display_name })}<//>`)}
    ${isOn && html`<${IconButton} kind="video" icon="pause" label=${t('Pause interpreting')} onClick=${attempt(() => interpreting.turn('leave', channel.locale))} />`}
  </section>`;
}

/** @param {{ stream: MediaStream }} props */
function Level({ stream }) {
  const [level, setLevel] = useState(0);
  useEffect(() => watchLevel(stream, setLevel), [stream]);
  return html`<${LevelMeter} level=${level} label=${t('Microphone')} />`;
}
