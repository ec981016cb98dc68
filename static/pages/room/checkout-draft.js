/** What a buyer fills in, and what is remembered of it for the next time. Pure but for the storage at the end. */

import { t } from '../../lib/i18n.js';

/**
 * @typedef {{ offer: string, quantity: number, method: 'pickup'|'courier', address: string, name: string, email: string, phone: string, provider: string }} Draft
 * @typedef {'item'|'delivery'|'contact'|'review'} Step
 * @typedef {Partial<Record<'coupon'|'quantity'|'address'|'name'|'email'|'phone'|'provider', string>>} Faults
 */

const KEPT_AS = 'livehub.contact';

/** @param {Draft} draft @param {Step} step @returns {Faults} what is wrong in that step, in words */
export function faultsOf(draft, step) {
  /** @type {Faults} */
  const faults = {};
  if (step === 'delivery' && draft.method === 'courier' && !draft.address.trim()) faults.address = t('Please type where it should go.');
  if (step === 'contact') {
    if (!draft.name.trim()) faults.name = t('Please type your name.');
    if (!draft.email.trim() && !draft.phone.trim()) faults.email = t('Please give an email address or a phone number.');
    if (draft.email.trim() && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(draft.email.trim())) faults.email = t('This does not look like an email address.');
    if (draft.phone.trim() && draft.phone.replace(/\D/g, '').length < 5) faults.phone = t('This does not look like a phone number.');
  }
  return faults;
}

/** The first step that still needs something; a returning buyer is at the end at once. @param {Draft} draft @returns {Step} */
export function firstOpenStep(draft) {
  const steps = /** @type {Step[]} */ (['delivery', 'contact']);
  return steps.find((step) => Object.keys(faultsOf(draft, step)).length) ?? 'review';
}

/** Where a member of the body that the server refused was typed in. @param {string} field @returns {{ step: Step, name: keyof Faults } | null} */
export function placeOf(field) {
  if (field.startsWith('lines')) return { step: 'item', name: 'quantity' };
  if (field.startsWith('delivery')) return { step: 'delivery', name: 'address' };
  if (field === 'coupon') return { step: 'review', name: 'coupon' };
  if (field === 'payment_provider') return { step: 'review', name: 'provider' };
  const match = /^contact(?:\.(name|email|phone))?/.exec(field);
  return match ? { step: 'contact', name: /** @type {keyof Faults} */ (match[1] ?? 'name') } : null;
}

/** @param {Draft} draft @param {import('../../lib/types.js').Money | null} unitPrice what was shown @param {import('../../lib/types.js').Coupon | null} [coupon] @returns the body of POST /orders, without the room */
export function orderBody(draft, unitPrice, coupon = null) {
  const [name, email, phone] = [draft.name.trim(), draft.email.trim(), draft.phone.trim()];
  return {
    lines: [{ offer: draft.offer, quantity: draft.quantity, ...(unitPrice && { unit_price: unitPrice }) }],
    delivery: draft.method === 'courier' ? { method: 'courier', address: draft.address.trim() } : { method: 'pickup' },
    contact: { name, ...(email && { email }), ...(phone && { phone }) },
    payment_provider: draft.provider,
    ...(coupon && { coupon: coupon.code }),
  };
}

/** @param {{ offer: string, name: string, email: string, provider: string }} known @returns {Draft} */
export function newDraft({ offer, name, email, provider }) {
  /** @type {Partial<Draft>} */
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEPT_AS) ?? '{}');
  } catch {
    localStorage.removeItem(KEPT_AS); // not ours, or cut short
  }
  return {
    offer,
    quantity: 1,
    method: kept.method === 'pickup' ? 'pickup' : 'courier',
    address: kept.address ?? '',
    name: kept.name ?? name,
    email: kept.email ?? email,
    phone: kept.phone ?? '',
    provider: kept.provider ?? provider,
  };
}

/** @param {Draft} draft */
export function remember({ method, address, name, email, phone, provider }) {
  localStorage.setItem(KEPT_AS, JSON.stringify({ method, address, name, email, phone, provider }));
}

export const forget = () => localStorage.removeItem(KEPT_AS);

/** Whether a purchase on this device is remembered. */
export const isRemembered = () => localStorage.getItem(KEPT_AS) !== null;
