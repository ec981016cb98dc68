/**
 * A room as signals: the snapshot, kept current by the connection's events. The show page and the studio share it.
 */

import { batch, computed, signal } from '@preact/signals';
import { api } from './api.js';
import { CaptionsState, NO_CAPTIONS } from './captions-state.js';
import { InteractionState } from './interaction-state.js';
import { onLocale } from './session.js';
import { changedTracks } from './stage.js';
import { WordsState } from './words-state.js';
import { aboutSent, TalkState, translated, withoutLine } from './talk-state.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Offer} Offer */
/** @typedef {import('./types.js').Order} Order */

/** @typedef {{ identity: string, display_name: string, by: { identity: string, display_name: string }, expires_at: string }} Invitation */
/** @typedef {{ audio: boolean, video: boolean, by_host: ('audio'|'video')[] }} Muted */

const KEPT_MESSAGES = 300;
const KEPT_SESSIONS = 8;
/** @type {Muted} */
const NOT_MUTED = { audio: false, video: false, by_host: [] };
const NO_RULES = { slow_s: 0, links: 'allow', hold_all: false };
const NOT_RECORDED = { state: /** @type {const} */ ('off'), since: null, reason: null, not_recorded: [] };

export class RoomState {
  /** @param {import('./protocol.js').RoomConnection} connection */
  constructor(connection) {
    this.connection = connection;
    this.status = signal(/** @type {import('./protocol.js').Status} */ ('connecting'));
    this.room = signal(/** @type {import('./types.js').Room | null} */ (null));
    this.me = signal(/** @type {{ identity: string, display_name: string, role: import('./types.js').Role, can: string[] } | null} */ (null));
    this.messages = signal(/** @type {Message[]} */ ([]));
    this.presence = signal(/** @type {import('./types.js').Presence} */ ({ count: 0, sample: [] }));
    this.reactions = signal(/** @type {Record<string, number>} */ ({}));
    this.offers = signal(/** @type {Offer[]} */ ([]));
    /** Offers that are pinned, the last one first. */
    this.pinnedIds = signal(/** @type {string[]} */ ([]));
    this.pinned = computed(() => this.pinnedIds.value.flatMap((id) => this.offers.value.find((offer) => offer.id === id) ?? []));
    this.tracks = signal(/** @type {import('./types.js').Track[]} */ ([]));
    /** What the slots of my viewing sessions show, by session; other tabs of mine are told of too. */
    this.slots = signal(/** @type {Map<string, import('./types.js').ShownSlot[]>} */ (new Map()));
    this.pins = signal(/** @type {import('./stage.js').Pin[]} */ ([]));
    /** Languages that are interpreted into, and by whom. */
    this.channels = signal(/** @type {import('./interpreting.js').Channel[]} */ ([]));
    /** To me, to come on stage. */
    this.invitation = signal(/** @type {Invitation | null} */ (null));
    /** Invitations of others that wait, for those who manage the stage. */
    this.invited = signal(/** @type {Invitation[]} */ ([]));
    /** What of mine is not forwarded. */
    this.muted = signal(/** @type {Muted} */ (NOT_MUTED));
    /** And of others, for those who manage the stage. */
    this.mutedMembers = signal(/** @type {Map<string, Muted>} */ (new Map()));
    /** Identities that speak now, the loudest first. */
    this.speaking = signal(/** @type {string[]} */ ([]));
    /** Whether the server has said that it is about to end; until this page is in the room of another one. */
    this.restarting = signal(false);
    /** Whether the room is being recorded. */
    this.recording = signal(/** @type {import('./types.js').RecordingNow} */ (NOT_RECORDED));
    /** What is said, written. */
    this.captions = new CaptionsState(connection);
    /** Orders told by `order:changed`, newest state by id. */
    this.orders = signal(/** @type {Map<string, Order>} */ (new Map()));
    /** Identities with a raised hand → display name, in order of raising. */
    this.hands = signal(/** @type {Map<string, string>} */ (new Map()));
    /** Until when I may not write (RFC 3339), or null. */
    this.mutedUntil = signal(/** @type {string | null} */ (null));
    this.removed = signal(/** @type {'banned'|'elsewhere'|null} */ (null));
    this.refused = signal(/** @type {import('./protocol.js').CallError | null} */ (null));
    /** Polls, questions, draws. */
    this.together = new InteractionState(connection);
    /** What the room wants of lines, as far as everybody is told. */
    this.rules = signal(/** @type {{ slow_s: number, links: string, hold_all: boolean }} */ (NO_RULES));
    /** Replies, mentions, the pinned line, announcements, typing. */
    this.talk = new TalkState(connection);
    /** Why a line of mine claimed nothing. */
    this.claimRefused = signal(/** @type {{ code: string, message: string } | null} */ (null));
    /** A line of mine was the keyword of an offer. @type {(claim: import('./types.js').Claim) => void} */
    this.onClaim = () => undefined;
    /** Titles, polls and questions in my language. */
    this.words = new WordsState(connection);
    this.listen();
  }

  listen() {
    const on = this.connection.on.bind(this.connection);
    onLocale.add((tag) => this.connection.status !== 'closed' && this.connection.speak(tag));
    on('status', (status) => (this.status.value = status));
    on('snapshot', ({ state, me }) => this.install(state, me));
    on('joined', ({ me }) => this.rejoin(me));
    on('server:draining', () => (this.restarting.value = true));
    on('refused', (error) => (error.code === 'room_ended' ? this.end() : (this.refused.value = error)));
    on('room:removed', ({ reason }) => (reason === 'ended' ? this.end() : (this.removed.value = reason)));
    on('room:state', ({ room_state }) => (this.room.value = mergeRoom(this.room.value, room_state)));
    on('room:presence', ({ count, sample }) => (this.presence.value = { count, sample: sample ?? [] }));
    on('chat:messages', ({ items }) => (this.messages.value = mergeMessages(this.messages.value, items)));
    on('chat:translations', ({ locale, items }) => (this.messages.value = translate(this.messages.value, locale, items)));
    on('chat:deleted', ({ id }) => (this.messages.value = withoutLine(this.messages.value, id)));
    on('chat:decided', ({ author, client_id, approved }) => !approved && author === this.me.value?.identity && this.dropHeld(client_id));
    on('chat:restored', ({ message }) => (this.messages.value = mergeMessages(this.messages.value, [message])));
    on('room:rules', ({ rules }) => (this.rules.value = rules));
    on('chat:reactions', ({ total }) => (this.reactions.value = total));
    on('member:muted', ({ identity, until }) => identity === this.me.value?.identity && (this.mutedUntil.value = until));
    on('hand:raised', (hand) => (this.hands.value = withHand(this.hands.value, hand)));
    on('offer:pinned', ({ offers }) => this.pin(offers ?? []));
    on('offer:arranged', ({ offers }) => this.arrange(offers));
    on('offer:changed', ({ offer }) => this.putOffer(offer));
    on('order:changed', ({ order }) => this.putOrder(order));
    on('recording:state', ({ recording }) => (this.recording.value = recording));
    on('stage:slots', ({ tracks, session, slots }) => (session ? (this.slots.value = withLatest(this.slots.value, session, slots)) : (this.tracks.value = tracks)));
    on('stage:changed', (change) => (this.tracks.value = changedTracks(this.tracks.value, change)));
    on('stage:pins', ({ pins }) => (this.pins.value = pins));
    on('interpreter:channels', ({ channels }) => (this.channels.value = channels));
    on('stage:invited', (invitation) => this.putInvitation(invitation));
    on('stage:withdrawn', ({ identity }) => this.dropInvitation(identity));
    on('stage:answered', ({ identity }) => this.dropInvitation(identity));
    on('stage:muted', ({ identity, audio, video, by_host }) => this.putMuted(identity, { audio, video, by_host }));
    on('member:appointed', (appointed) => this.appoint(appointed));
    on('stage:speakers', ({ speaking }) => (this.speaking.value = speaking));
  }

  /** @param {any} state @param {any} me */
  install(state, me) {
    batch(() => {
      const unsent = this.messages.value.filter((message) => message.pending || message.failed || message.held);
      this.room.value = state.room;
      this.become(me);
      this.messages.value = mergeMessages(unsent, state.messages);
      this.presence.value = state.presence ?? { count: 0, sample: [] };
      this.reactions.value = state.reactions ?? {};
      this.offers.value = state.offers ?? [];
      this.pin(state.pinned_offers ?? []);
      this.tracks.value = state.stage?.tracks ?? [];
      this.pins.value = state.stage?.pins ?? [];
      this.channels.value = state.channels ?? [];
      this.invitation.value = state.invitation ?? null;
      this.invited.value = state.invited ?? [];
      this.muted.value = state.muted ?? NOT_MUTED;
      this.mutedMembers.value = new Map((state.muted_members ?? []).map((/** @type {any} */ { identity, ...muted }) => [identity, muted]));
      this.recording.value = state.recording ?? NOT_RECORDED;
      this.rules.value = state.rules ?? NO_RULES;
      this.together.install(state);
      this.talk.install(state);
      this.words.install(state);
      this.hands.value = new Map((state.hands ?? []).map((/** @type {any} */ hand) => [hand.identity, hand.display_name]));
    });
  }

  /** @param {any} me */
  rejoin(me) {
    this.restarting.value = false;
    this.become(me);
  }

  /** @param {any} me as room:join answers it */
  become(me) {
    this.me.value = me;
    this.mutedUntil.value = me.muted_until ?? null;
  }

  /** @param {{ identity: string, role: import('./types.js').Role, can: string[] }} appointed somebody's role has changed, perhaps mine */
  appoint({ identity, role, can }) {
    const me = this.me.value;
    if (me?.identity === identity) this.me.value = { ...me, role, can };
  }

  /**
   * Ask what the slots of a viewing session show: it was told before this connection was there, or while it was away.
   *
   * @param {string} session
   */
  async askSlots(session) {
    try {
      const { slots } = await api.get(`/media/${session}`);
      this.slots.value = withLatest(this.slots.value, session, slots);
    } catch (error) {
      console.warn('livehub: the slots are told with the next change', error); // the session may be over already
    }
  }

  /** @param {Invitation} invitation to me or, for those who manage the stage, to others */
  putInvitation(invitation) {
    if (invitation.identity === this.me.value?.identity) this.invitation.value = invitation;
    else this.invited.value = [...this.invited.value.filter((other) => other.identity !== invitation.identity), invitation];
  }

  /** @param {string} identity */
  dropInvitation(identity) {
    if (identity === this.me.value?.identity) this.invitation.value = null;
    this.invited.value = this.invited.value.filter((other) => other.identity !== identity);
  }

  /** @param {string} identity @param {Muted} muted */
  putMuted(identity, muted) {
    if (identity === this.me.value?.identity) this.muted.value = muted;
    else this.mutedMembers.value = new Map(this.mutedMembers.value).set(identity, muted);
  }

  /** The room is over, whether told by its last event, by leaving it or on coming back too late. */
  end() {
    const room = this.room.value;
    if (room && room.state !== 'ended') this.room.value = { ...room, state: 'ended' };
    this.recording.value = NOT_RECORDED;
    this.captions.become(NO_CAPTIONS);
  }

  /** @param {Offer[]} offers all that are pinned now, the last one first */
  pin(offers) {
    batch(() => {
      const ids = offers.map(({ id }) => id);
      this.offers.value = this.offers.value.map((offer) => (offer.pinned === ids.includes(offer.id) ? offer : { ...offer, pinned: !offer.pinned }));
      offers.forEach((offer) => this.putOffer(offer));
      this.pinnedIds.value = ids;
    });
  }

  /** @param {string[]} ids the order of the tray */
  arrange(ids) {
    const place = new Map(ids.map((id, at) => [id, at]));
    const arranged = this.offers.value.map((offer) => ({ ...offer, position: place.get(offer.id) ?? ids.length }));
    this.offers.value = arranged.sort((a, b) => a.position - b.position);
  }

  /** @param {Offer} offer */
  putOffer(offer) {
    const known = this.offers.value;
    this.offers.value = known.some((other) => other.id === offer.id)
      ? known.map((other) => (other.id === offer.id ? { ...other, ...offer } : other))
      : [...known, offer];
  }

  /** @param {Order} order */
  putOrder(order) {
    this.orders.value = new Map(this.orders.value).set(order.id, order);
  }

  /** @param {string} action a name of the permission table */
  can(action) {
    return this.me.value?.can.includes(action) ?? false;
  }

  /** A line of mine waits for a moderator; only I see it. @param {string} clientId @param {string} heldState */
  keepHeld(clientId, heldState) {
    if (heldState === 'rejected') this.dropHeld(clientId);
    else this.messages.value = this.messages.value.map((message) => (message.id === clientId ? { ...message, pending: false, held: true } : message));
  }

  /** A moderator did not want it. @param {string} clientId */
  dropHeld(clientId) {
    this.messages.value = this.messages.value.filter((message) => !(message.held && message.client_id === clientId) && !(message.id === clientId));
  }

  /**
   * Show a line at once and send it; the server's copy takes its place by `client_id`, a refusal marks it as failed.
   *
   * @param {string} text
   * @param {string} [clientId] of a failed line that is tried again
   * @param {import('./talk-state.js').About} [about] what it answers, whom it mentions, whether it is an announcement
   */
  async say(text, clientId = crypto.randomUUID(), about = {}) {
    const me = this.me.value;
    const author = { identity: me?.identity ?? '', display_name: me?.display_name ?? '', role: me?.role ?? /** @type {const} */ ('viewer') };
    /** @type {Message} */
    const draft = { id: clientId, seq: Infinity, author, text, locale: this.connection.locale, at: new Date().toISOString(), client_id: clientId, pending: true, ...about };
    this.messages.value = mergeMessages(this.messages.value.filter((message) => message.client_id !== clientId), [draft]);
    try {
      const { message, ticket, held, claim, claim_refused: refused } = await this.connection.call('chat:send', { text, client_id: clientId, ...aboutSent(about) });
      if (held) return void this.keepHeld(clientId, held.state);
      if (ticket) this.together.myTicket.value = ticket; // the line was the keyword of a draw
      this.messages.value = mergeMessages(this.messages.value, [message]);
      if (claim) this.onClaim(claim);
      if (refused) this.claimRefused.value = refused;
    } catch (error) {
      this.messages.value = this.messages.value.map((message) => (message.id === clientId ? { ...message, pending: false, failed: true } : message));
      throw error;
    }
  }
}

/**
 * @template T
 * @param {Map<string, T>} known
 * @param {string} key
 * @param {T} value
 */
function withLatest(known, key, value) {
  const kept = [...known].filter(([other]) => other !== key).slice(1 - KEPT_SESSIONS);
  return new Map([...kept, /** @type {[string, T]} */ ([key, value])]);
}

/**
 * Room objects sent to everybody carry nobody's role; keep what is mine.
 *
 * @param {import('./types.js').Room | null} known
 * @param {import('./types.js').Room} fresh
 */
function mergeRoom(known, fresh) {
  return { ...fresh, my_role: fresh.my_role ?? known?.my_role ?? null, can: fresh.can?.length ? fresh.can : (known?.can ?? []) };
}

/**
 * Put messages in the room's order; the server's copy replaces a draft of the same author and client_id.
 *
 * @param {Message[]} known
 * @param {Message[]} fresh
 * @returns {Message[]}
 */
export function mergeMessages(known, fresh) {
  const ids = new Set(fresh.map((message) => message.id));
  const sent = new Set(fresh.map((message) => message.client_id));
  const before = new Map(known.map((message) => [message.id, message]));
  const kept = known.filter((message) => !ids.has(message.id) && !((message.pending || message.failed || message.held) && sent.has(message.client_id)));
  const added = fresh.filter((message) => !message.deleted).map((message) => ({ ...before.get(message.id), ...message }));
  return [...kept, ...added].sort((a, b) => (a.seq === b.seq ? 0 : a.seq - b.seq)).slice(-KEPT_MESSAGES);
}

/**
 * @param {Message[]} messages
 * @param {string} locale
 * @param {{ id: string, text: string, engine: string }[]} items
 */
export function translate(messages, locale, items) {
  const byId = new Map(items.map((item) => [item.id, item]));
  return messages.map((message) => {
    const item = byId.get(message.id);
    return item ? translated(message, locale, item) : message;
  });
}

/**
 * @param {Map<string, string>} hands
 * @param {{ identity: string, display_name: string, raised: boolean }} hand
 */
function withHand(hands, { identity, display_name, raised }) {
  const next = new Map(hands);
  if (raised) next.set(identity, display_name);
  else next.delete(identity);
  return next;
}
