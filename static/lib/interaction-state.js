/** Polls, questions and draws of a room as signals: the snapshot, kept current by the connection's events. */

import { batch, computed, signal } from '@preact/signals';

/** @typedef {{ id: string, question: string, options: { text: string, votes: number }[], voters: number, state: 'open'|'closed' }} Poll */
/** @typedef {{ id: string, author: { identity: string, display_name: string }, text: string, state: 'waiting'|'answered', votes: number, at: string, answered_at: string | null }} Question */
/** @typedef {{ place: number, ticket: string, display_name: string, identity?: string }} Winner */
/** @typedef {{ id: string, title: string, places: number, keyword: string | null, state: 'open'|'closed'|'drawn'|'cancelled', commitment: string,
 *   entries: number, entries_digest: string | null, seed: string | null, winners: Winner[] }} Draw */

export class InteractionState {
  /** @param {import('./protocol.js').RoomConnection} connection */
  constructor(connection) {
    this.connection = connection;
    /** The latest, open or closed. */
    this.poll = signal(/** @type {Poll | null} */ (null));
    /** The option that I chose, from 0. */
    this.myVote = signal(/** @type {number | null} */ (null));
    this.questions = signal(/** @type {Question[]} */ ([]));
    this.myUpvotes = signal(/** @type {Set<string>} */ (new Set()));
    /** The latest, whatever its state. */
    this.draw = signal(/** @type {Draw | null} */ (null));
    this.myTicket = signal(/** @type {string | null} */ (null));
    this.waiting = computed(() => this.questions.value.filter(({ state }) => state === 'waiting').sort((a, b) => b.votes - a.votes || a.at.localeCompare(b.at)));
    this.answered = computed(() => this.questions.value.filter(({ state }) => state === 'answered').sort((a, b) => (b.answered_at ?? '').localeCompare(a.answered_at ?? '')));
    /** My place in the draw, 0 for none. */
    this.myPlace = computed(() => this.draw.value?.winners.find(({ ticket }) => ticket === this.myTicket.value)?.place ?? 0);
    const on = connection.on.bind(connection);
    on('poll:changed', ({ poll }) => this.putPoll(poll));
    on('poll:results', ({ poll, votes, voters }) => this.putVotes(poll, votes, voters));
    on('question:changed', ({ question }) => this.putQuestion(question));
    on('question:removed', ({ question }) => (this.questions.value = this.questions.value.filter(({ id }) => id !== question)));
    on('question:votes', ({ items }) => this.putSums(items));
    on('draw:changed', ({ draw }) => this.putDraw(draw));
    on('draw:entries', ({ draw, entries }) => {
      const known = this.draw.value;
      if (known && known.id === draw && known.state === 'open') this.draw.value = { ...known, entries };
    });
  }

  /** @param {any} state of the snapshot */
  install(state) {
    batch(() => {
      this.poll.value = state.poll ?? null;
      this.myVote.value = state.my_vote ?? null;
      this.questions.value = state.questions ?? [];
      this.myUpvotes.value = new Set(state.my_upvotes ?? []);
      this.draw.value = state.draw ?? null;
      this.myTicket.value = state.my_ticket ?? null;
    });
  }

  /** @param {Poll} poll */
  putPoll(poll) {
    batch(() => {
      if (this.poll.value?.id !== poll.id) this.myVote.value = null;
      this.poll.value = poll;
    });
  }

  /** Sums that were on their way when the poll closed are older than its last ones. @param {string} id @param {number[]} votes @param {number} voters */
  putVotes(id, votes, voters) {
    const known = this.poll.value;
    if (!known || known.id !== id || known.state !== 'open') return;
    this.poll.value = { ...known, voters, options: known.options.map((option, at) => ({ ...option, votes: votes[at] ?? 0 })) };
  }

  /** @param {Question} question */
  putQuestion(question) {
    this.questions.value = [...this.questions.value.filter(({ id }) => id !== question.id), question];
  }

  /** @param {{ id: string, votes: number }[]} items */
  putSums(items) {
    const sums = new Map(items.map(({ id, votes }) => [id, votes]));
    this.questions.value = this.questions.value.map((question) => ({ ...question, votes: sums.get(question.id) ?? question.votes }));
  }

  /** @param {Draw} draw */
  putDraw(draw) {
    batch(() => {
      if (this.draw.value?.id !== draw.id) this.myTicket.value = null;
      this.draw.value = draw;
    });
  }

  /** @param {number} option from 0 */
  async vote(option) {
    const before = this.myVote.value;
    this.myVote.value = option;
    try {
      await this.connection.call('poll:vote', { poll: this.poll.value?.id, option });
    } catch (error) {
      this.myVote.value = before;
      throw error;
    }
  }

  /** @param {string} text @param {string} clientId kept when it is sent again */
  async ask(text, clientId) {
    const { question } = await this.connection.call('question:ask', { text, client_id: clientId });
    this.putQuestion(question);
  }

  /** @param {string} id */
  async toggleUpvote(id) {
    const up = !this.myUpvotes.value.has(id);
    this.setUpvote(id, up);
    try {
      await this.connection.call('question:vote', { question: id, up });
    } catch (error) {
      this.setUpvote(id, !up);
      throw error;
    }
  }

  /** @param {string} id @param {boolean} up */
  setUpvote(id, up) {
    const mine = new Set(this.myUpvotes.value);
    if (up) mine.add(id);
    else mine.delete(id);
    this.myUpvotes.value = mine;
  }

  async enter() {
    const { ticket } = await this.connection.call('draw:enter', { draw: this.draw.value?.id });
    this.myTicket.value = ticket;
  }
}
