/** What a buyer fills in, and what is remembered of it for the next time. Pure but for the storage at the end. */

import { t } from '../../lib/i18n.js';

/**
 * @typedef {{ offer: string, quantity: number }} Line
 * @typedef {{ lines: Line[], method: 'pickup'|'courier', address: string, contactless: boolean, leaveAt: string, slot: string, name: string,
 *   email: string, phone: string, provider: string, note: string, amount?: string }} Draft
 * @typedef {'item'|'delivery'|'contact'|'review'} Step
 * @typedef {Partial<Record<'coupon'|'quantity'|'amount'|'address'|'slot'|'name'|'email'|'phone'|'provider'|'note', string>>} Faults
 * @typedef {{ id: string, name: string, phone: string, email: string, address: string, leave_at: string }} Entry of the address book
 */

/** @param {string} identity */
const keptAs = (identity) => `livehub.contact.${identity}`;

/** @param {Draft} draft @param {Step} step @param {boolean} [needsSlot] the shop has times to pick up at @returns {Faults} what is wrong in that step, in words */
export function faultsOf(draft, step, needsSlot = false) {
  /** @type {Faults} */
  const faults = {};
  if (step === 'delivery' && draft.method === 'courier' && !draft.address.trim()) faults.address = t('Please type where it should go.');
  if (step === 'delivery' && draft.method === 'pickup' && needsSlot && !draft.slot) faults.slot = t('Please choose when you pick it up.');
  if (step === 'contact') {
    if (!draft.name.trim()) faults.name = t('Please type your name.');
    if (!draft.email.trim() && !draft.phone.trim()) faults.email = t('Please give an email address or a phone number.');
    if (draft.email.trim() && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(draft.email.trim())) faults.email = t('This does not look like an email address.');
    if (draft.phone.trim() && draft.phone.replace(/\D/g, '').length < 5) faults.phone = t('This does not look like a phone number.');
  }
  return faults;
}

/** The first step that still needs something; a returning buyer is at the end at once. @param {Draft} draft @param {boolean} [needsSlot] @returns {Step} */
export function firstOpenStep(draft, needsSlot = false) {
  const steps = /** @type {Step[]} */ (['delivery', 'contact']);
  return steps.find((step) => Object.keys(faultsOf(draft, step, needsSlot)).length) ?? 'review';
}

/** Where a member of the body that the server refused was typed in. @param {string} field @returns {{ step: Step, name: keyof Faults } | null} */
export function placeOf(field) {
  if (/^lines.*amount/.test(field)) return { step: 'item', name: 'amount' };
  if (field.startsWith('lines')) return { step: 'item', name: 'quantity' };
  if (field === 'delivery.slot') return { step: 'delivery', name: 'slot' };
  if (field.startsWith('delivery')) return { step: 'delivery', name: 'address' };
  if (field === 'coupon') return { step: 'review', name: 'coupon' };
  if (field === 'note') return { step: 'review', name: 'note' };
  if (field === 'payment_provider') return { step: 'review', name: 'provider' };
  const match = /^contact(?:\.(name|email|phone))?/.exec(field);
  return match ? { step: 'contact', name: /** @type {keyof Faults} */ (match[1] ?? 'name') } : null;
}

/** @param {Draft} draft */
function deliveryOf(draft) {
  if (draft.method === 'pickup') return { method: 'pickup', ...(draft.slot && { slot: draft.slot }) };
  const left = draft.leaveAt.trim();
  return { method: 'courier', address: draft.address.trim(), ...(draft.contactless && { contactless: true, ...(left && { leave_at: left }) }) };
}

/**
 * @param {Draft} draft
 * @param {(line: Line) => import('../../lib/types.js').Money | null} priceOf what was shown
 * @param {import('../../lib/types.js').Coupon | null} [coupon]
 * @returns the body of POST /orders, without the room
 */
export function orderBody(draft, priceOf, coupon = null) {
  const [name, email, phone, note] = [draft.name.trim(), draft.email.trim(), draft.phone.trim(), draft.note.trim()];
  return {
    lines: draft.lines.map((line) => {
      const unitPrice = priceOf(line);
      return { offer: line.offer, quantity: line.quantity, ...(unitPrice && { unit_price: unitPrice }) };
    }),
    delivery: deliveryOf(draft),
    contact: { name, ...(email && { email }), ...(phone && { phone }) },
    payment_provider: draft.provider,
    ...(note && { note }),
    ...(coupon && { coupon: coupon.code }),
  };
}

/** What an entry of the address book fills in. @param {Entry} entry @returns {Partial<Draft>} */
export const draftOf = (entry) => ({ name: entry.name, email: entry.email, phone: entry.phone, address: entry.address, leaveAt: entry.leave_at, contactless: Boolean(entry.leave_at) });

/** What the address book keeps of a draft. @param {Draft} draft */
export const entryOf = ({ name, email, phone, method, address, contactless, leaveAt }) => ({
  name: name.trim(), email: email.trim(), phone: phone.trim(), address: method === 'courier' ? address.trim() : '', leave_at: method === 'courier' && contactless ? leaveAt.trim() : '',
});

/** @param {{ lines: Line[], identity: string, name: string, email: string, provider: string }} known @returns {Draft} */
export function newDraft({ lines, identity, name, email, provider }) {
  localStorage.removeItem('livehub.contact'); // what earlier versions kept, for whoever sits here
  /** @type {Partial<Draft>} */
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(keptAs(identity)) ?? '{}');
  } catch {
    localStorage.removeItem(keptAs(identity)); // not ours, or cut short
  }
  return {
    lines,
    method: kept.method === 'pickup' ? 'pickup' : 'courier',
    address: kept.address ?? '',
    contactless: kept.contactless ?? false,
    leaveAt: kept.leaveAt ?? '',
    slot: '',
    name: kept.name ?? name,
    email: kept.email ?? email,
    phone: kept.phone ?? '',
    provider: kept.provider ?? provider,
    note: '',
  };
}

/** For this identity on this device. @param {string} identity @param {Draft} draft */
export function remember(identity, { method, address, contactless, leaveAt, name, email, phone, provider }) {
  localStorage.setItem(keptAs(identity), JSON.stringify({ method, address, contactless, leaveAt, name, email, phone, provider }));
}
