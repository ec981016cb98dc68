import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { ConfirmDialog } from '../../components/confirm-dialog.js';
import { Dialog } from '../../components/dialog.js';
import { FormField } from '../../components/form-field.js';
import { refusalText } from '../../components/refusal.js';
import { ErrorState, SkeletonText } from '../../components/states.js';
import { useLoad } from '../../components/use-load.js';
import { api } from '../../lib/api.js';
import { dayOf, timesOf } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';

/** @typedef {{ id: string, title: string, address: string, directions: string, time_zone: string }} Place */
/** @typedef {{ id: string, starts_at: string, ends_at: string, capacity: number, taken: number, left: number }} Slot */

/** Where and when buyers pick things up. @param {{ store: import('../../lib/types.js').Store }} props */
export function PickupPlaces({ store }) {
  const { data, error, reload, set } = useLoad(() => /** @type {Promise<{ items: Place[] }>} */ (api.get(`/stores/${store.id}/pickup-places`)), [store.id]);
  const [open, setOpen] = useState(/** @type {{ kind: 'add' } | { kind: 'slots'|'close', place: Place } | null} */ (null));
  const close = () => setOpen(null);
  const change = (/** @type {(items: Place[]) => Place[]} */ next) => set((/** @type {{ items: Place[] } | null} */ now) => ({ items: next(now?.items ?? []) }));
  return html`<section class="card stack">
    <div><h2 class="desk-h2">${t('Pick-up places')}</h2><p class="muted small">${t('Buyers choose a time with room left. Without any, you agree on one with them.')}</p></div>
    ${error && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!data && !error && html`<${SkeletonText} lines=${2} />`}
    ${data && data.items.length > 0 && html`<ul class="desk-list">${data.items.map((place) => html`<li key=${place.id} class="row row-wrap">
      <span class="grow"><bdi class="strong">${place.title}</bdi><br /><bdi class="muted small">${place.address.replaceAll('\n', ', ')}</bdi></span>
      <${Button} size="s" icon="calendar" onClick=${() => setOpen({ kind: 'slots', place })}>${t('Times')}<//>
      <${Button} size="s" kind="danger" onClick=${() => setOpen({ kind: 'close', place })}>${t('Remove')}<//>
    </li>`)}</ul>`}
    <p><${Button} icon="plus" onClick=${() => setOpen({ kind: 'add' })}>${t('Add a place')}<//></p>
    ${open?.kind === 'add' && html`<${AddPlace} store=${store} onClose=${close} onAdded=${(/** @type {Place} */ place) => (change((items) => [...items, place]), setOpen({ kind: 'slots', place }))} />`}
    ${open?.kind === 'slots' && html`<${Slots} place=${open.place} onClose=${close} />`}
    ${open?.kind === 'close' && html`<${ConfirmDialog} title=${t('Remove this place?')} confirm=${t('Remove')} onClose=${close}
      onConfirm=${async () => (await api.delete(`/pickup-places/${open.place.id}`), change((items) => items.filter(({ id }) => id !== open.place.id)))}><p>${t('Orders that are to be picked up there stay as they are.')}</p><//>`}
  </section>`;
}

/** @param {{ store: { id: string }, onAdded: (place: Place) => void, onClose: () => void }} props */
function AddPlace({ store, onAdded, onClose }) {
  const [values, setValues] = useState({ title: '', address: '', directions: '', time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ text) => (setError(null), setValues({ ...values, [name]: text }));
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    await api.post(`/stores/${store.id}/pickup-places`, values).then(onAdded, setError);
    setBusy(false);
  };
  const fault = (/** @type {string} */ name) => (error?.field === name ? refusalText(error) : '');
  return html`<${Dialog} title=${t('Add a place')} onClose=${onClose} footer=${html`<${Button} kind="primary" wide type="submit" form="place-form" busy=${isBusy}>${t('Save')}<//>`}>
    <form id="place-form" class="stack" onSubmit=${save}>
      <${FormField} label=${t('Name')} required value=${values.title} maxlength="160" dir="auto" error=${fault('title')} onInput=${set('title')} />
      <${FormField} as="textarea" rows="3" label=${t('Address')} required value=${values.address} maxlength="1000" dir="auto" error=${fault('address')} onInput=${set('address')} />
      <${FormField} as="textarea" rows="2" label=${t('How to find it')} optional=${t('optional')} value=${values.directions} maxlength="1000" dir="auto" error=${fault('directions')} onInput=${set('directions')} />
      <${FormField} label=${t('Time zone')} required value=${values.time_zone} maxlength="64" dir="ltr" error=${fault('time_zone')} onInput=${set('time_zone')} />
      ${error && !error.field && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
    </form>
  <//>`;
}

/** Each day from one to another. @param {string} first @param {string} last as date fields have them @returns {string[]} */
function daysBetween(first, last) {
  const days = [];
  for (const day = new Date(`${first}T12:00:00Z`); days.length < 62 && day.toISOString().slice(0, 10) <= last; day.setUTCDate(day.getUTCDate() + 1)) days.push(day.toISOString().slice(0, 10));
  return days;
}

/** @param {{ place: Place, onClose: () => void }} props */
function Slots({ place, onClose }) {
  const path = `/pickup-places/${place.id}/slots`;
  const { data, error: failed, reload } = useLoad(() => /** @type {Promise<{ items: Slot[] }>} */ (api.get(path)), [path]);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const [values, setValues] = useState({ first: tomorrow, last: tomorrow, opens: '10:00', closes: '18:00', minutes: '60', capacity: '5' });
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isBusy, setBusy] = useState(false);
  const set = (/** @type {keyof typeof values} */ name) => (/** @type {string} */ text) => (setError(null), setValues({ ...values, [name]: text }));
  const fault = (/** @type {string} */ name) => (error?.field === name ? refusalText(error) : '');
  const add = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const { first, last, opens, closes, minutes, capacity } = values;
    const body = { days: daysBetween(first, last), opens, closes, minutes: Number(minutes), capacity: Number(capacity) };
    await api.post(path, body).then(reload, setError);
    setBusy(false);
  };
  const take = async (/** @type {Slot} */ slot) => {
    await api.delete(`/pickup-slots/${slot.id}`).then(reload, setError);
  };
  return html`<${Dialog} title=${place.title} size="l" onClose=${onClose}>
    <form class="stack" onSubmit=${add}>
      <div class="form-pair"><${FormField} type="date" label=${t('From day')} required value=${values.first} error=${fault('days')} onInput=${set('first')} /><${FormField} type="date" label=${t('To day')} required value=${values.last} onInput=${set('last')} /></div>
      <div class="form-pair"><${FormField} type="time" label=${t('Opens')} required value=${values.opens} onInput=${set('opens')} /><${FormField} type="time" label=${t('Closes')} required value=${values.closes} error=${fault('closes')} onInput=${set('closes')} /></div>
      <div class="form-pair"><${FormField} type="number" label=${t('Minutes each')} required min="5" max="1440" value=${values.minutes} error=${fault('minutes')} onInput=${set('minutes')} /><${FormField} type="number" label=${t('Orders each')} required min="1" max="10000" value=${values.capacity} error=${fault('capacity')} onInput=${set('capacity')} /></div>
      ${error && !['days', 'closes', 'minutes', 'capacity'].includes(error.field) && html`<p class="field-error" role="alert">${refusalText(error)}</p>`}
      <${Button} type="submit" icon="plus" busy=${isBusy}>${t('Add these times')}<//>
    </form>
    ${failed && html`<${ErrorState} error=${failed} onRetry=${reload} />`}
    ${data && html`<ul class="desk-list">${data.items.map((slot) => html`<li key=${slot.id} class="row">
      <span class="grow">${dayOf(slot.starts_at, place)}, <bdi class="tabular">${timesOf(slot, place)}</bdi><br /><span class="muted small tabular">${t('Taken: {n} of {all}', { n: slot.taken, all: slot.capacity })}</span></span>
      <${Button} size="s" kind="quiet" onClick=${() => take(slot)}>${t('Remove')}<//>
    </li>`)}</ul>`}
  <//>`;
}
