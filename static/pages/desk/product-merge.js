/** A draft of a product over what the server has by now: whose change is whose, and where both changed the same. No DOM. */

import { parseMoney } from '../../lib/money.js';
import { bodyOf, parseStock } from './product-draft.js';

/**
 * @typedef {import('./product-draft.js').ProductDraft} ProductDraft
 * @typedef {import('./product-draft.js').VariantDraft} VariantDraft
 * @typedef {Record<string, string>} Conflicts by path, such as `variants[0].stock`: what the server has there by now
 */

const FIELDS = /** @type {const} */ (['title', 'description', 'category']);
const OF_VARIANT = /** @type {const} */ (['title', 'price', 'stock']);

/** Whether two texts of a field say the same: `12.5` is `12.50`. @param {string} field @param {string} a @param {string} b @param {string} currency */
function isSame(field, a, b, currency) {
  if (a === b) return true;
  if (field === 'price') return Boolean(parseMoney(a, currency)) && parseMoney(a, currency)?.amount_minor === parseMoney(b, currency)?.amount_minor;
  if (field === 'stock') return parseStock(a) !== null && parseStock(a) === parseStock(b);
  return a.trim() === b.trim();
}

/**
 * What was not touched becomes what the server has; what was stays, and is told where the server's has changed as well.
 *
 * @param {ProductDraft} draft as it is typed
 * @param {ProductDraft} base what the draft was made from
 * @param {ProductDraft} now what the server has
 * @param {string} currency
 * @returns {{ draft: ProductDraft, conflicts: Conflicts }}
 */
export function rebased(draft, base, now, currency) {
  /** @type {Conflicts} */
  const conflicts = {};
  const pick = (/** @type {string} */ field, /** @type {string} */ mine, /** @type {string} */ was, /** @type {string} */ theirs, path = field) => {
    if (isSame(field, mine, was, currency) || isSame(field, mine, theirs, currency)) return theirs;
    if (!isSame(field, theirs, was, currency)) conflicts[path] = theirs;
    return mine;
  };
  const [title, description, category] = FIELDS.map((field) => pick(field, draft[field] ?? '', base[field] ?? '', now[field] ?? ''));
  const bySku = (/** @type {ProductDraft} */ of) => new Map(of.variants.filter(({ isKnown }) => isKnown).map((variant) => [variant.sku, variant]));
  const [before, there, mine] = [bySku(base), bySku(now), new Map(draft.variants.map((variant) => [variant.sku.trim(), variant]))];
  // the server's in its order, then those that are new here
  const variants = [...there.values()].map((theirs, i) => {
    const own = mine.get(theirs.sku);
    if (!own) return theirs;
    const was = before.get(theirs.sku) ?? { title: '', price: '', stock: '' };
    const [words, price, stock] = OF_VARIANT.map((field) => pick(field, own[field], was[field], theirs[field], `variants[${i}].${field}`));
    return { ...theirs, title: words, price, stock };
  });
  return { draft: { title, description, category, variants: [...variants, ...draft.variants.filter(({ sku }) => !there.has(sku.trim()))] }, conflicts };
}

/**
 * What to send: only what was changed, and what it was before. What is sold meanwhile is not undone by saving a description.
 *
 * @param {ProductDraft} draft faultless
 * @param {ProductDraft} base what the server had
 * @param {string} currency
 */
export function patchOf(draft, base, currency) {
  const [body, was] = [bodyOf(draft, currency), bodyOf(base, currency)];
  const patch = /** @type {Record<string, unknown>} */ ({});
  const expected = /** @type {Record<string, unknown>} */ ({});
  for (const field of FIELDS) {
    if (body[field] === was[field]) continue;
    patch[field] = body[field];
    expected[field] = was[field];
  }
  const known = new Map(was.variants.map((variant) => [variant.sku, variant]));
  const changes = body.variants.map((variant) => differences(variant, known.get(variant.sku))).filter((change) => change !== null);
  return { ...patch, variants: changes.map(({ change }) => change), expected: { ...expected, variants: changes.flatMap(({ before }) => (before ? [before] : [])) } };
}

/** @typedef {ReturnType<typeof bodyOf>['variants'][number]} VariantBody */

/** @param {VariantBody} variant @param {VariantBody | undefined} was @returns {{ change: Partial<VariantBody>, before: Partial<VariantBody> | null } | null} */
function differences(variant, was) {
  if (!was) return { change: variant, before: null };
  const isOther = {
    title: variant.title !== was.title,
    price: variant.price?.amount_minor !== was.price?.amount_minor,
    stock: variant.stock !== was.stock,
  };
  const fields = OF_VARIANT.filter((field) => isOther[field]);
  const only = (/** @type {VariantBody} */ of) => ({ sku: of.sku, ...Object.fromEntries(fields.map((field) => [field, of[field]])) });
  return fields.length ? { change: only(variant), before: only(was) } : null;
}

/** The conflicts without one that was settled. @param {Conflicts} conflicts @param {string} path @returns {Conflicts} */
export const without = (conflicts, path) => Object.fromEntries(Object.entries(conflicts).filter(([at]) => at !== path));
