/** What the product editor holds: text as it was typed, what is wrong with it, and the wire's shape of it. No DOM. */

import { t } from '../../lib/i18n.js';
import { parseMoney, plainAmount } from '../../lib/money.js';

/** @typedef {import('../../lib/types.js').Product} Product */
/** @typedef {{ key: string, sku: string, title: string, price: string, stock: string, isKnown: boolean }} VariantDraft `isKnown`: the server has it, so its SKU stays */
/** @typedef {{ title: string, description: string, category?: string, variants: VariantDraft[], base?: ProductDraft }} ProductDraft `base`: what it was made from, where it is kept */

/** @returns {VariantDraft} */
export const emptyVariant = () => ({ key: crypto.randomUUID(), sku: '', title: '', price: '', stock: '', isKnown: false });

/** @returns {ProductDraft} */
export const emptyDraft = () => ({ title: '', description: '', category: '', variants: [emptyVariant()] });

/** @param {Product} product @returns {ProductDraft} */
export const draftOf = (product) => ({
  title: product.title,
  description: product.description,
  category: product.category ?? '',
  variants: product.variants.map(({ sku, title, price, stock }) => ({ key: sku, sku, title, price: plainAmount(price), stock: String(stock), isKnown: true })),
});

/**
 * @param {ProductDraft} draft
 * @param {string} currency
 * @returns {Record<string, string>} by path, such as `variants[0].price`; empty when all is well
 */
export function faultsOf(draft, currency) {
  /** @type {Record<string, string>} */
  const faults = {};
  if (!draft.title.trim()) faults.title = t('Give the product a name.');
  draft.variants.forEach((variant, i) => {
    const price = parseMoney(variant.price, currency);
    if (!variant.price.trim()) faults[`variants[${i}].price`] = t('Enter a price.');
    else if (!price) faults[`variants[${i}].price`] = t('Write the price as {example}.', { example: plainAmount({ amount_minor: 1250, currency }) });
    if (parseStock(variant.stock) === null) faults[`variants[${i}].stock`] = t('Enter a whole number, 0 or more.');
    if (draft.variants.length > 1 && !variant.title.trim()) faults[`variants[${i}].title`] = t('Say what makes this one different.');
    const sku = variant.sku.trim();
    if (sku && draft.variants.some((other, j) => j !== i && other.sku.trim() === sku)) faults[`variants[${i}].sku`] = t('Each article number can be used once.');
    else if (/\s/.test(sku)) faults[`variants[${i}].sku`] = t('An article number has no spaces.');
  });
  return faults;
}

/** @param {string} text @returns {number | null} */
export function parseStock(text) {
  const western = text.trim().replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf));
  return /^\d{1,7}$/.test(western) ? Number(western) : null;
}

/**
 * The body to send. Articles without a number get one made from the name, so that nobody has to invent any.
 *
 * @param {ProductDraft} draft faultless
 * @param {string} currency
 */
export function bodyOf(draft, currency) {
  const taken = new Set(draft.variants.map((variant) => variant.sku.trim()).filter(Boolean));
  return {
    title: draft.title.trim(),
    description: draft.description.trim(),
    category: draft.category ?? '',
    variants: draft.variants.map((variant) => ({
      sku: variant.sku.trim() || freshSku(`${draft.title} ${variant.title}`, taken),
      title: variant.title.trim(),
      price: parseMoney(variant.price, currency),
      stock: parseStock(variant.stock),
    })),
  };
}

/** @param {string} name @param {Set<string>} taken */
function freshSku(name, taken) {
  const letters = name.normalize('NFKD').replace(/[^\p{ASCII}]/gu, '').toUpperCase();
  const words = letters.replace(/[^A-Z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 20).replace(/-$/, '');
  const random = Array.from(crypto.getRandomValues(new Uint8Array(2)), (byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
  const sku = `${words || 'ITEM'}-${random}`;
  if (taken.has(sku)) return freshSku(name, taken);
  taken.add(sku);
  return sku;
}

/** Kept in the browser until it is saved. @param {string} storeId @param {string} [productId] */
export const draftKey = (storeId, productId = 'new') => `livehub.draft.product.${storeId}.${productId}`;

/** @param {string} key @returns {ProductDraft | null} */
export function loadDraft(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key) ?? 'null');
    return draft && typeof draft.title === 'string' && Array.isArray(draft.variants) && draft.variants.length ? draft : null;
  } catch {
    return null; // written by another version, or storage is closed: begin afresh
  }
}

/** @param {string} key @param {ProductDraft | null} draft null forgets it */
export function keepDraft(key, draft) {
  try {
    if (draft) localStorage.setItem(key, JSON.stringify(draft));
    else localStorage.removeItem(key);
  } catch (error) {
    console.warn('livehub: the draft cannot be kept', error);
  }
}
