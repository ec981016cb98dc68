import { useEffect, useState } from 'preact/hooks';
import { api } from '../../lib/api.js';
import { locale } from '../../lib/i18n.js';
import { entryOf } from './checkout-draft.js';

/** @typedef {import('./checkout-draft.js').Entry} Entry */
/** @typedef {{ id: string, title: string, address: string, directions: string, time_zone: string, slots: { id: string, starts_at: string, ends_at: string, left: number }[] }} Place */

/** My addresses, used last first; none while they load or cannot be had. @param {(entries: Entry[]) => void} onLoaded */
export function useAddressBook(onLoaded) {
  const [entries, setEntries] = useState(/** @type {Entry[]} */ ([]));
  useEffect(() => {
    api.get('/me/addresses').then(
      ({ items }) => (setEntries(items), onLoaded(items)),
      (error) => console.warn('livehub: the address book cannot be had', error),
    );
  }, []);
  return entries;
}

/** @param {import('./checkout-draft.js').Draft} draft */
export const keepAddress = (draft) => api.post('/me/addresses', entryOf(draft)).catch((error) => console.warn('livehub: the address was not kept', error));

/** Where and when orders of the room can be picked up; null while that is not known. @param {import('./show-session.js').ShowSession} session @param {number} round another number asks again */
export function usePickup(session, round) {
  const { room } = session.connection;
  const [places, setPlaces] = useState(/** @type {Place[] | null} */ (null));
  useEffect(() => {
    api.get(`/rooms/${encodeURIComponent(room)}/pickup`).then(
      ({ items }) => setPlaces(items),
      (error) => (setPlaces([]), console.warn('livehub: pick-up times cannot be had', error)),
    );
  }, [room, round]);
  const isNamed = Boolean(places?.length);
  useEffect(() => {
    if (isNamed) session.loadWords().catch((error) => console.warn('livehub: translations are not known', error));
  }, [isNamed, locale()]);
  return places;
}
