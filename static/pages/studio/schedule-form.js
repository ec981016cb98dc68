import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Sheet } from '../../components/dialog.js';
import { ChoiceTiles, FormField } from '../../components/form-field.js';
import { LOCALES } from '../../components/locale-picker.js';
import { refusalText } from '../../components/refusal.js';
import { api } from '../../lib/api.js';
import { locale, t } from '../../lib/i18n.js';
import { me } from '../../lib/session.js';
import { kindText, kindTitle, recordingText, recordingTitle, recordingsOf, visibilityText, visibilityTitle } from './words.js';

/** @typedef {import('../../lib/types.js').Room} Room */

const KINDS = /** @type {Room['kind'][]} */ (['show', 'expert', 'class']);
const VISIBILITIES = /** @type {Room['visibility'][]} */ (['public', 'unlisted', 'private']);

/**
 * Plan a room; the studio of the new room opens when it is made. With `room` it changes that one while it has not begun.
 *
 * @param {{ room?: Room, onSaved?: (room: Room) => void, onClose: () => void }} props
 */
export function ScheduleForm({ room, onSaved, onClose }) {
  const stores = me.value?.stores ?? [];
  const [form, setForm] = useState({
    kind: room?.kind ?? 'show', title: room?.title ?? '', description: room?.description ?? '', locale: room?.locale ?? locale(),
    visibility: room?.visibility ?? 'public', recording: room?.recording ?? recordingsOf(room?.kind ?? 'show')[0], store: stores[0]?.id ?? '', when: room && !room.starts_at ? 'now' : 'later',
    at: localMinutes(room?.starts_at ? new Date(room.starts_at) : nextFullHour()),
  });
  const [isTouched, touch] = useState(false);
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {Partial<typeof form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' }));
  const faults = {
    title: form.title.trim() ? '' : t('Give it a title that says what there is to see.'),
    starts_at: form.when === 'now' || Date.parse(form.at) > Date.now() || (room?.starts_at && form.at === localMinutes(new Date(room.starts_at))) ? '' : t('Choose a time in the future.'),
  };
  const faultAt = (/** @type {'title'|'starts_at'} */ field) => (refused.field === field ? refused.text : isTouched ? faults[field] : '');

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    touch(true);
    if (faults.title || faults.starts_at) return;
    setBusy(true);
    try {
      const { kind, visibility, recording, description } = form;
      const body = {
        visibility, recording, description: description.trim(), title: form.title.trim(), locale: form.locale,
        ...(form.when === 'later' ? { starts_at: new Date(form.at).toISOString() } : {}),
      };
      if (room) {
        onSaved?.(await api.patch(`/rooms/${room.id}`, body));
        onClose();
      } else {
        const made = await api.post('/rooms', { ...body, kind, ...(kind === 'show' && form.store ? { store_id: form.store } : {}) });
        window.location.assign(`/studio/${made.id}`);
      }
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
      setBusy(false);
    }
  };

  const isPlaced = refused.field === 'title' || refused.field === 'starts_at';
  const footer = html`<${Button} kind="primary" size="l" wide type="submit" form="schedule-form" busy=${isBusy}>${room ? t('Save') : form.when === 'now' ? t('Set up and go live') : t('Plan it')}<//>`;
  return html`<${Sheet} title=${room ? t('Change {title}', { title: room.title }) : t('Plan a show')} onClose=${onClose} class="desk-sheet" footer=${footer}>
    <form id="schedule-form" class="stack schedule-form" onSubmit=${submit} noValidate>
      ${refused.text && !isPlaced && html`<p class="note note-bad" role="alert">${refused.text}</p>`}
      ${!room && html`<${ChoiceTiles} legend=${t('What is it?')} name="kind" value=${form.kind} onChange=${(/** @type {Room['kind']} */ kind) => set({ kind, visibility: kind === 'show' ? 'public' : 'unlisted', recording: recordingsOf(kind)[0] })}
        options=${KINDS.map((kind) => ({ value: kind, title: kindTitle(kind), text: kindText(kind) }))} />`}
      <${FormField} label=${t('Title')} value=${form.title} maxlength="120" dir="auto" error=${faultAt('title')} onInput=${(/** @type {string} */ title) => set({ title })} />
      <${FormField} label=${t('What happens')} optional=${t('optional')} as="textarea" rows="2" maxlength="4000" dir="auto" value=${form.description}
        onInput=${(/** @type {string} */ description) => set({ description })} />
      ${!room && form.kind === 'show' && (stores.length
        ? html`<${FormField} label=${t('Shop')} as="select" value=${form.store} onInput=${(/** @type {string} */ store) => set({ store })}>
            ${stores.map((store) => html`<option key=${store.id} value=${store.id}>${store.title}</option>`)}
            <option value="">${t('None: nothing is sold')}</option>
          <//>`
        : html`<p class="note">${t('To sell in the show, open a shop first.')} <a href="/desk">${t('Open your shop')}</a></p>`)}
      ${!room && html`<${ChoiceTiles} legend=${t('When?')} name="when" value=${form.when} onChange=${(/** @type {string} */ when) => set({ when })}
        options=${[{ value: 'later', title: t('Later') }, { value: 'now', title: t('Now') }]} />`}
      ${form.when === 'later' && html`<${FormField} label=${t('Begins')} type="datetime-local" value=${form.at} error=${faultAt('starts_at')}
        hint=${t('In your time zone, {zone}.', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })} onInput=${(/** @type {string} */ at) => set({ at })} />`}
      <${FormField} label=${t('Language you speak')} as="select" value=${form.locale} onInput=${(/** @type {string} */ tag) => set({ locale: tag })}>
        ${LOCALES.map(([tag, name]) => html`<option key=${tag} value=${tag} lang=${tag}>${name}</option>`)}
      <//>
      <${ChoiceTiles} legend=${t('Who can come in?')} name="visibility" value=${form.visibility} onChange=${(/** @type {Room['visibility']} */ visibility) => set({ visibility })}
        options=${VISIBILITIES.map((visibility) => ({ value: visibility, title: visibilityTitle(visibility), text: visibilityText(visibility) }))} />
      <${ChoiceTiles} legend=${t('Recording')} name="recording" value=${form.recording} onChange=${(/** @type {Room['recording']} */ recording) => set({ recording })}
        options=${recordingsOf(form.kind).map((mode) => ({ value: mode, title: recordingTitle(mode), text: recordingText(mode) }))} />
    </form>
  <//>`;
}

function nextFullHour() {
  const at = new Date(Date.now() + 2 * 3_600_000);
  at.setMinutes(0, 0, 0);
  return at;
}

/** As `datetime-local` wants it, in the reader's own zone. @param {Date} at */
function localMinutes(at) {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
