/**
 * The shapes of docs/protocol.md, for the type checker. Import them as `import('../lib/types.js').Room`.
 *
 * @typedef {{ amount_minor: number, currency: string }} Money
 * @typedef {{ url: string, thumb_url?: string, width: number, height: number }} Picture
 * @typedef {Picture & { id: string }} GalleryPicture
 * @typedef {{ id: string, title: string, currency?: string }} Store
 * @typedef {{ id: string, kind: 'account'|'guest'|'member'|'api_key', display_name: string, locale: string, email?: string, stores?: Store[] }} Me
 * @typedef {'host'|'cohost'|'moderator'|'speaker'|'viewer'} Role
 * @typedef {{ id: string, kind: 'show'|'expert'|'class', title: string, description: string, state: 'scheduled'|'live'|'ended',
 *   locale: string, visibility: 'public'|'unlisted'|'private', starts_at: string|null, started_at: string|null, ended_at: string|null,
 *   store: Store|null, host: { id: string, display_name: string }, viewers: number, still: string|null, recording: 'off'|'on'|'consent', replay: string|null,
 *   my_role: Role|null, can: string[], texts?: import('./words-state.js').Translated[] }} Room
 * @typedef {{ state: 'off'|'recording'|'paused', since: string|null, reason: string|null, not_recorded: string[] }} RecordingNow
 * @typedef {RecordingNow & { mode: Room['recording'], consent: 'seen'|'given'|null, asked: boolean }} MyRecording
 * @typedef {{ id: string, room_id: string, state: 'recording'|'ready'|'failed', reason: string|null, started_at: string, ended_at: string|null,
 *   duration_s: number, size_bytes: number, deleted_after: string|null, room_title?: string|null,
 *   file: { state: 'none'|'preparing'|'ready'|'failed', progress: number } }} Recording
 * @typedef {{ title: string, offer: string|null, start_s: number, end_s: number }} Chapter
 * @typedef {{ sku: string, title: string, price: Money, stock: number, low_stock?: number|null, is_low?: boolean, picture?: Picture|null }} Variant
 * @typedef {{ id: string, store_id: string, title: string, description: string, picture: Picture|null, pictures?: GalleryPicture[],
 *   handle?: string|null, category?: string|null, variants: Variant[] }} Product
 * @typedef {{ id: string, title: string, parent: string|null }} Category
 * @typedef {{ sku: string, title: string, variant_title: string, stock: number, free: number, offered: number, held: number, sold: number, received: number,
 *   low_stock: number|null, is_low: boolean, version: string }} StockLevel
 * @typedef {{ id: string, sku: string, delta: number, reason: string, note: string, stock: number, received: number, by: string, at: string }} StockMove
 * @typedef {{ id: string, name: string, state: 'reading'|'ready'|'writing'|'pictures'|'done'|'failed'|'cancelled'|'interrupted',
 *   error: { code: string, line: number }|null, encoding: string, ignored_columns: string[], lines: number, create: number, change: number, same: number,
 *   errors: number, written: number, skipped: number, pictures_failed: number, progress: { position: number, total: number } }} CatalogImport
 * @typedef {{ id: string, line: number, kind: 'create'|'change'|'error', handle: string, title: string, outcome: string,
 *   changes: { field: string, sku: string|null, before: string|null, after: string }[], faults: { line: number, column: string, code: string }[] }} ImportRow
 * @typedef {{ id: string, room_id: string, sku: string, title: string, variant_title: string, picture: Picture|null, price: Money,
 *   list_price: Money|null, quantity: number, available: number, per_buyer_limit: number|null, starts_at: string|null,
 *   ends_at: string|null, pinned: boolean, pinned_at?: string|null, position?: number, tiers?: { quantity: number, price: Money }[],
 *   deal?: Deal|null, ships_at?: string|null, served?: 'held'|'first_paid', claim?: { word: string, seconds: number }|null, parts?: Part[],
 *   donation?: { least: Money, most: Money }|null, digital?: 'link'|'codes'|null, affirmation?: Affirmation|null,
 *   category?: { id: string, title: string }|null, won?: boolean }} Offer `won`: at an auction, by whoever sees this
 * @typedef {{ offer: string, quantity: number, sku: string, title: string, variant_title: string, digital?: 'link'|'codes'|null }} Part
 * @typedef {{ id: string, offer: string, room_id: string, title: string, wanted: number, quantity: number, ahead: number|null, order: string|null,
 *   state: 'held'|'open'|'waiting'|'ordered'|'expired'|'released', claimed_at: string, expires_at: string|null, buyer: { id: string, display_name: string } }} Claim
 * @typedef {{ id: string, version: string, text: string }} Affirmation
 * @typedef {{ id: string, lines: { offer: string, quantity: number }[], status: 'packed'|'shipped'|'in_transit'|'delivered'|'failed'|'returned', carrier: string,
 *   tracking_number: string, tracking_url: string, history: { status: string, at: string }[] }} Shipment
 * @typedef {{ slot: string, place: { id: string, title: string, address: string, directions: string, time_zone: string }, starts_at: string, ends_at: string }} Pickup
 * @typedef {{ price: Money, quantity: number, left: number, ends_at: string }} Deal
 * @typedef {{ id: string, amount: Money, lines: { offer: string, quantity: number }[], reason: string, state: 'due'|'done'|'failed', made_at: string }} Refund
 * @typedef {{ id: string, kind: 'payment'|'refund', from: string, to: string, amount: Money, reference: string, at: string }} Movement
 * @typedef {{ code: string, percent: number|null, amount: Money|null, minimum: Money, per_buyer: number, claim: boolean, starts_at: string|null,
 *   ends_at: string|null, open: boolean, claimed?: boolean, id?: string, used?: number, room?: string|null }} Coupon
 * @typedef {{ id: string, room_id: string, offer: string, title: string, variant_title: string, picture: Picture|null, mode: 'soft'|'sudden',
 *   lapse: 'runner_up'|'release', state: 'open'|'awarded'|'ordered'|'sold'|'unsold'|'cancelled', start: Money, increment: Money, price: Money|null,
 *   minimum: Money, ceiling: Money|null, leader: { identity: string, display_name: string }|null, bids: number, extend_s: number, pay_minutes: number,
 *   started_at: string, ends_at: string, closed_at: string|null, now: string,
 *   winner: { identity: string, display_name: string, price: Money, until: string, is_runner_up: boolean }|null, declined: number,
 *   mine?: { max: Money|null, leads: boolean, order: string|null, of?: string }|null }} Auction
 * @typedef {'pending_payment'|'paid'|'cancelled'|'expired'|'fulfilled'|'refunded'} OrderStatus
 * @typedef {{ offer: string, sku: string, title: string, variant_title: string, picture: Picture|null, quantity: number, unit_price: Money,
 *   ships_at?: string|null, held?: boolean, parts?: Part[], digital?: 'link'|'codes'|null }} OrderLine
 * @typedef {{ sku: string, title: string, quantity: number, kind: 'link'|'codes', url: string|null, note: string, codes: string[], missing: number }} Delivered
 * @typedef {{ sku: string, kind: 'link'|'codes', url: string|null, note: string, codes_left: number, codes_given: number }} DigitalGood
 * @typedef {{ kind: 'tax'|'shipping'|'fee', title: string, amount: Money, included: boolean }} Charge
 * @typedef {{ subtotal: Money, charges: Charge[], affirmations: Affirmation[], total: Money, quote: string,
 *   expires_at: string }} Quote
 * @typedef {{ id: string, number: string|number, status: OrderStatus, room_id: string, store: Store, lines: OrderLine[], total: Money,
 *   coupon?: { code: string, discount: Money }|null, charges?: Charge[], refunded?: Money,
 *   delivery: { method: 'pickup'|'courier'|'none', address?: string|null, contactless?: boolean, leave_at?: string|null, pickup?: Pickup }, note?: string|null,
 *   shipments?: Shipment[], affirmations?: (Affirmation & { at: string })[], contact: { name: string, email?: string|null, phone?: string|null },
 *   payment: { provider: string, status: string, action_url?: string|null }, placed_at: string, expires_at: string|null,
 *   history: { status: OrderStatus, at: string }[], buyer: { id: string, display_name: string } }} Order
 * @typedef {{ locale: string, text: string, engine: string }} Translation
 * @typedef {{ id: string, seq: number, author?: { identity: string, display_name: string, role: Role }, text?: string, locale?: string, deleted?: boolean }} QuotedLine
 * @typedef {{ id: string, seq: number, author: { identity: string, display_name: string, role: Role }, text: string, locale: string,
 *   at: string, client_id: string, translation?: Translation, deleted?: boolean, pending?: boolean, failed?: boolean, held?: boolean,
 *   reply_to?: QuotedLine, mentions?: { identity: string, display_name: string }[], announcement?: boolean, left_ms?: number }} Message
 * @typedef {{ publisher: string, display_name: string, source: 'camera'|'screen', kind: 'audio'|'video', codec: string, muted: boolean }} Track
 * @typedef {{ mid: string, kind: 'audio'|'video', slot: number, publisher: string, source: 'camera'|'screen'|'interpretation' }} ShownSlot
 * @typedef {{ id: string, name: string, protocol: 'rtmp'|'whip', server: string, url: string|null, has_key: boolean, key_hint: string, automatic: boolean,
 *   status: { state: 'stopped'|'busy'|'waiting'|'connecting'|'live'|'retrying'|'failed', code: string, detail: string, since: string|null,
 *   bitrate_bps: number, dropped_frames: number, retry_at: string|null } }} Restream
 * @typedef {{ count: number, sample: { identity: string, display_name: string }[] }} Presence
 * @typedef {{ id: string, category: string, text: string, slots: string[] }} Phrase
 * @typedef {{ id: string, title: string, by_hand: boolean, paid_first: boolean, words: Record<string, { waits: string, give_back: string, comes_back: string }> }} PayWay
 * @typedef {{ locales: { tag: string, name: string, dir: 'ltr'|'rtl' }[], payments: PayWay[], translators: string[],
 *   ice_servers: RTCIceServer[], turn: boolean, max_message_chars: number, hls: boolean, quotes: boolean, captions: boolean,
 *   speech: { locales: string[], remote: string | null } | null }} ServerConfig
 */

export {};
