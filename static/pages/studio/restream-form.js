import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { ChoiceTiles, FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { Problem } from '../../lib/api.js';
import { t } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').Restream} Restream */

/** Names of services are the same in every language. */
const SERVICES = [
  { name: 'YouTube', url: 'rtmps://a.rtmps.youtube.com/live2' },
  { name: 'Twitch', url: 'rtmps://ingest.global-contribute.live-video.net/app' },
  { name: 'Facebook', url: 'rtmps://live-api-s.facebook.com:443/rtmp' },
];

/** Adds a target, or changes one. @param {{ restreams: import('./restreams.js').Restreams, target?: Restream, onClose: () => void }} props */
export function RestreamForm({ restreams, target, onClose }) {
  const [draft, setDraft] = useState({ name: target?.name ?? '', url: target?.url ?? '', key: '', when: target?.automatic ? 'show' : 'hand' });
  const [problem, setProblem] = useState({ field: '', text: '' });
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {Partial<typeof draft>} */ change) => {
    setDraft((before) => ({ ...before, ...change }));
    setProblem({ field: '', text: '' });
  };
  const isWhip = /^https?:/.test(draft.url.trim());

  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const missing = !draft.name.trim() ? ['name', t('Give it a name.')] : !draft.url.trim() ? ['url', t('Enter the address.')] : null;
    if (missing) return setProblem({ field: missing[0], text: missing[1] });
    setBusy(true);
    try {
      const body = { name: draft.name.trim(), url: draft.url.trim(), automatic: draft.when === 'show', ...(draft.key || !target ? { key: draft.key.trim() } : {}) };
      await (target ? restreams.change(target.id, body) : restreams.add(body));
      onClose();
    } catch (error) {
      setProblem({ field: error instanceof Problem ? error.field ?? '' : '', text: refusalText(error) });
      setBusy(false);
    }
  };
  const errorOf = (/** @type {string} */ field) => (problem.field === field ? problem.text : undefined);

  return html`<${Dialog} title=${target ? t('Change {title}', { title: target.name }) : t('Send it elsewhere too')} onClose=${onClose}
    footer=${html`<${Button} kind="primary" wide type="submit" form="restream-form" busy=${isBusy}>${t('Save')}<//>`}>
    <form id="restream-form" class="stack" onSubmit=${save} noValidate>
      ${!target && html`<div class="row row-wrap" role="group" aria-label=${t('Service')}>
        ${SERVICES.map(({ name, url }) => html`<${Button} key=${name} size="s" aria-pressed=${draft.url === url} onClick=${() => set({ name, url })}>${name}<//>`)}
      </div>`}
      <${FormField} label=${t('Name')} value=${draft.name} maxlength="60" error=${errorOf('name')} onInput=${(/** @type {string} */ name) => set({ name })} />
      <${FormField} label=${t('Address')} value=${draft.url} type="url" inputmode="url" dir="ltr" autocomplete="off" spellcheck=${false} placeholder="rtmps://live.example.org/app"
        hint=${t('rtmp:// or rtmps:// as the service shows it, or https:// for a WHIP server.')} error=${errorOf('url')} onInput=${(/** @type {string} */ url) => set({ url })} />
      <${FormField} label=${isWhip ? t('Bearer token') : t('Stream key')} value=${draft.key} type="password" dir="ltr" autocomplete="off" spellcheck=${false} optional=${isWhip ? t('if it has one') : undefined}
        hint=${keyHint(target)} error=${errorOf('key')} onInput=${(/** @type {string} */ key) => set({ key })} />
      <${ChoiceTiles} legend=${t('When does it begin?')} name="restream-when" value=${draft.when} onChange=${(/** @type {string} */ when) => set({ when })}
        options=${[{ value: 'hand', title: t('When I start it') }, { value: 'show', title: t('With each show, by itself') }]} />
      ${problem.text && !['name', 'url', 'key'].includes(problem.field) && html`<p class="field-error" role="alert">${problem.text}</p>`}
    </form>
  <//>`;
}

/** @param {Restream | undefined} target */
function keyHint(target) {
  if (!target?.has_key) return t('It is kept encrypted and never shown again.');
  if (!target.key_hint) return t('A key is set. Leave this empty to keep it.');
  return t('A key is set, it ends in {end}. Leave this empty to keep it.', { end: target.key_hint });
}
