/** The moderators' desk of one room: what waits, what was reported, the rules and the log; kept current by events. */

import { computed, signal } from '@preact/signals';
import { api } from '../../lib/api.js';

/** @typedef {{ identity: string, display_name: string }} Person */
/** @typedef {{ id: string, author: Person, text: string, at: string, held_by: string, reason: string }} Held */
/** @typedef {{ message: import('../../lib/types.js').Message, reasons: Record<string, number>, notes: string[], reports: number }} Reported */
/** @typedef {{ refused: string[], held: string[] }} WordList */
/** @typedef {{ slow_s: number, links: string, allowed_hosts: string[], words: Record<string, WordList>, raids: boolean, hold_all: boolean, unsure: string }} Rules */
/** @typedef {{ id: string, at: string, action: string, by: Person, member: Person | null, reason: string, details: any, undoable: boolean, undone_at: string | null }} Entry */

const KEPT_ENTRIES = 200;

export class Moderation {
  /** @param {{ id: string, connection: import('../../lib/protocol.js').RoomConnection, state: import('../../lib/room-state.js').RoomState }} place */
  constructor(place) {
    this.place = place;
    this.held = signal(/** @type {Held[]} */ ([]));
    this.reported = signal(/** @type {Reported[]} */ ([]));
    this.rules = signal(/** @type {Rules | null} */ (null));
    this.entries = signal(/** @type {Entry[]} */ ([]));
    this.next = signal(/** @type {string | null} */ (null));
    this.error = signal(/** @type {unknown} */ (null));
    /** How much waits for somebody to decide. */
    this.waiting = computed(() => this.held.value.length + this.reported.value.length);
  }

  /** @returns {() => void} stops listening */
  open() {
    const { connection } = this.place;
    const stops = [
      connection.on('joined', () => this.load()),
      connection.on('moderation:held', ({ item }) => (this.held.value = [...this.held.value.filter(({ id }) => id !== item.id), item])),
      connection.on('chat:decided', ({ id }) => (this.held.value = this.held.value.filter((item) => item.id !== id))),
      connection.on('moderation:reported', ({ report }) => (this.reported.value = [...this.reported.value.filter(({ message }) => message.id !== report.message.id), report])),
      connection.on('moderation:resolved', ({ id }) => this.dropReported(id)),
      connection.on('moderation:logged', ({ entry }) => this.noteEntry(entry)),
    ];
    return () => stops.forEach((stop) => stop());
  }

  /** Everything anew; what goes wrong is shown in the panel. */
  async load() {
    if (!this.place.state.can('moderation')) return;
    const at = `/rooms/${this.place.id}/moderation`;
    try {
      const [held, reported, rules, log] = await Promise.all([api.get(`${at}/queue`), api.get(`${at}/reports`), api.get(`${at}/rules`), api.get(`${at}/log`)]);
      this.held.value = held.items;
      this.reported.value = reported.items;
      this.rules.value = rules;
      this.entries.value = log.items;
      this.next.value = log.next;
      this.error.value = null;
    } catch (error) {
      this.error.value = error;
    }
  }

  async loadOlder() {
    const log = await api.get(`/rooms/${this.place.id}/moderation/log?after=${this.next.value}`);
    this.entries.value = [...this.entries.value, ...log.items];
    this.next.value = log.next;
  }

  /** @param {string} id @param {boolean} approve */
  async decide(id, approve) {
    await this.place.connection.call('moderation:decide', { id, approve });
    this.held.value = this.held.value.filter((item) => item.id !== id);
  }

  /** @param {string} id of the message @param {boolean} uphold */
  async resolve(id, uphold) {
    await this.place.connection.call('moderation:resolve', { id, uphold });
    this.dropReported(id);
  }

  /** @param {Rules} rules */
  async save(rules) {
    const answer = await this.place.connection.call('moderation:rules', { rules });
    this.rules.value = answer.rules;
  }

  /** @param {string} id of the entry */
  async undo(id) {
    await this.place.connection.call('moderation:undo', { id });
    this.rules.value = await api.get(`/rooms/${this.place.id}/moderation/rules`);
  }

  /** @param {string} id */
  dropReported(id) {
    this.reported.value = this.reported.value.filter(({ message }) => message.id !== id);
  }

  /** @param {Entry} entry */
  noteEntry(entry) {
    const known = this.entries.value.filter(({ id }) => id !== entry.id);
    const undone = entry.details?.undoes;
    this.entries.value = [entry, ...known.map((other) => (other.id === undone ? { ...other, undoable: false, undone_at: entry.at } : other))].slice(0, KEPT_ENTRIES);
  }
}
