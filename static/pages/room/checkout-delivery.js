import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { ChoiceTiles, FormField } from '../../components/form-field.js';
import { Icon } from '../../components/icon.js';
import { Said, SaidAtLength } from '../../components/said.js';
import { dayOf, timesOf } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { draftOf } from './checkout-draft.js';

/** @typedef {import('./checkout-draft.js').Draft} Draft */
/** @typedef {import('./use-address-book.js').Place} Place */

/**
 * @param {{ session: import('./show-session.js').ShowSession, draft: Draft, faults: import('./checkout-draft.js').Faults, change: (changes: Partial<Draft>) => void, entries: import('./checkout-draft.js').Entry[], places: Place[] | null }} props
 */
export function DeliveryStep({ session, draft, faults, change, entries, places }) {
  const options = [
    { value: 'courier', title: t('Send it to me'), text: t('By courier, to your address'), icon: html`<${Icon} name="truck" />` },
    { value: 'pickup', title: t('I pick it up'), text: places?.length ? t('Choose place and time') : t('At the shop; the shop tells you when'), icon: html`<${Icon} name="store" />` },
  ];
  return html`<${ChoiceTiles} legend=${t('How do you get it?')} hideLegend name="method" value=${draft.method} options=${options} onChange=${(/** @type {Draft['method']} */ method) => change({ method })} />
    ${draft.method === 'courier' ? html`<${Courier} draft=${draft} faults=${faults} change=${change} entries=${entries} />` : html`<${Slots} words=${session.state.words} draft=${draft} faults=${faults} change=${change} places=${places} />`}`;
}

/** @param {Omit<Parameters<typeof DeliveryStep>[0], 'places'|'session'>} props */
function Courier({ draft, faults, change, entries }) {
  const known = entries.filter((entry) => entry.address);
  const chosen = known.find((entry) => entry.address === draft.address)?.id ?? '';
  const options = known.slice(0, 5).map((entry) => ({ value: entry.id, title: entry.name, text: entry.address }));
  return html`${options.length > 0 && html`<${ChoiceTiles} legend=${t('Your addresses')} name="address" value=${chosen} options=${[...options, { value: '', title: t('Another address') }]}
      onChange=${(/** @type {string} */ id) => change(id ? draftOf(/** @type {any} */ (known.find((entry) => entry.id === id))) : { address: '', leaveAt: '', contactless: false })} />`}
    <${FormField} as="textarea" label=${t('Address')} hint=${t('Street and number, postal code, town, country')} value=${draft.address} error=${faults.address} maxlength="500"
      autocomplete="street-address" rows="3" dir="auto" onInput=${(/** @type {string} */ address) => change({ address })} />
    <label class="check"><input type="checkbox" checked=${draft.contactless} onChange=${(/** @type {any} */ event) => change({ contactless: event.currentTarget.checked })} /><span>${t('Leave it without ringing')}</span></label>
    ${draft.contactless && html`<${FormField} label=${t('Where to leave it')} optional=${t('optional')} value=${draft.leaveAt} maxlength="200" dir="auto" onInput=${(/** @type {string} */ leaveAt) => change({ leaveAt })} />`}`;
}

/** @param {{ words: import('../../lib/words-state.js').WordsState, draft: Draft, faults: import('./checkout-draft.js').Faults, change: (changes: Partial<Draft>) => void, places: Place[] | null }} props */
function Slots({ words, draft, faults, change, places }) {
  const ofSlot = places?.find((place) => place.slots.some((slot) => slot.id === draft.slot));
  const [placeId, setPlace] = useState('');
  if (!places) return html`<p class="muted small" role="status">${t('Loading…')}</p>`;
  if (!places.length) return null;
  const place = ofSlot ?? places.find(({ id }) => id === placeId) ?? places[0];
  const options = places.map(({ id, title, address }) => ({ value: id, title: words.plain(title), text: address }));
  const days = [...new Set(place.slots.map((slot) => dayOf(slot.starts_at, place)))];
  return html`${places.length > 1
      ? html`<${ChoiceTiles} legend=${t('Pick-up place')} name="place" value=${place.id} options=${options} onChange=${(/** @type {string} */ id) => (setPlace(id), change({ slot: '' }))} />`
      : html`<p><span class="strong"><${Said} words=${words} text=${place.title} /></span><br /><span class="lines muted small" dir="auto">${place.address}</span></p>`}
    ${place.directions && html`<${SaidAtLength} words=${words} text=${place.directions.trim()} class="muted small lines" />`}
    <${FormField} as="select" label=${t('Pick-up time')} value=${draft.slot} error=${faults.slot} onInput=${(/** @type {string} */ slot) => change({ slot })}>
      <option value="">${t('Choose a time')}</option>
      ${days.map((day) => html`<optgroup key=${day} label=${day}>
        ${place.slots.filter((slot) => dayOf(slot.starts_at, place) === day).map((slot) => html`<option key=${slot.id} value=${slot.id} disabled=${slot.left < 1}>${timesOf(slot, place)}${slot.left < 1 ? ` · ${t('Full')}` : ''}</option>`)}
      </optgroup>`)}
    <//>`;
}
