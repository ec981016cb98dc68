/** Where else the show goes: the host's targets at other services and what each is doing. */

import { signal } from '@preact/signals';
import { api, listAll } from '../../lib/api.js';

/** @typedef {import('../../lib/types.js').Restream} Restream */
/** @typedef {{ name: string, url: string, key?: string, automatic: boolean }} RestreamDraft */

export class Restreams {
  /** @param {string} room @param {import('../../lib/protocol.js').RoomConnection} connection */
  constructor(room, connection) {
    this.path = `/rooms/${room}/restreams`;
    this.items = signal(/** @type {Restream[] | null} */ (null));
    connection.on('restream:changed', ({ target, status }) => this.tell(target, status));
  }

  async load() {
    this.items.value = await listAll(this.path);
  }

  /** @param {string} id @param {Restream['status']} status */
  tell(id, status) {
    const items = this.items.peek();
    if (items) this.items.value = items.map((item) => (item.id === id ? { ...item, status } : item));
  }

  /** @param {Restream} changed */
  put(changed) {
    const items = this.items.peek() ?? [];
    const isNew = !items.some((item) => item.id === changed.id);
    this.items.value = isNew ? [...items, changed] : items.map((item) => (item.id === changed.id ? changed : item));
  }

  /** @param {RestreamDraft} draft */
  async add(draft) {
    this.put(await api.post(this.path, draft));
  }

  /** @param {string} id @param {Partial<RestreamDraft>} changes */
  async change(id, changes) {
    this.put(await api.patch(`${this.path}/${id}`, changes));
  }

  /** @param {string} id */
  async start(id) {
    this.put(await api.post(`${this.path}/${id}/start`));
  }

  /** @param {string} id */
  async stop(id) {
    this.put(await api.post(`${this.path}/${id}/stop`));
  }

  /** @param {string} id */
  async remove(id) {
    await api.delete(`${this.path}/${id}`);
    this.items.value = (this.items.peek() ?? []).filter((item) => item.id !== id);
  }
}
