/** The pictures of a product while they are arranged at the desk, and sending what changed. No DOM. */

/**
 * @typedef {import('../../lib/types.js').GalleryPicture} GalleryPicture
 * @typedef {{ key: string, id?: string, url?: string, file?: File, link?: string, error?: string }} Item `id` once the server has it, else a `file` or a `link`
 * @typedef {import('../../lib/types.js').Product} Product
 * @typedef {{ add: (product: string, item: Item) => Promise<Product>, remove: (product: string, picture: string) => Promise<Product>,
 *   arrange: (product: string, pictures: string[]) => Promise<Product> }} Wire
 */

export const MAX_PICTURES = 50;

/** @param {Product | null} product @returns {Item[]} */
export const itemsOf = (product) => (product?.pictures ?? []).map(({ id, thumb_url, url }) => ({ key: id, id, url: thumb_url ?? url }));

/** One from place `from` to place `to`. @template T @param {T[]} list @param {number} from @param {number} to @returns {T[]} */
export function moved(list, from, to) {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}

/**
 * Bring the server to what was arranged: takes off what was taken off, sends what is new, and says the order at the end.
 * What others did to the pictures meanwhile stays, behind these.
 *
 * @param {Product} product as the server has it
 * @param {Product | null} before as it was when arranging began
 * @param {Item[]} items changed by `onItems` as each is sent, so that nothing is sent twice when something is refused
 * @param {Wire} wire
 * @param {(items: Item[]) => void} onItems
 * @returns {Promise<Product>}
 * @throws what the wire throws, with the item it was about as `item`
 */
export async function sendGallery(product, before, items, wire, onItems) {
  const isKept = new Set(items.map(({ id }) => id));
  for (const { id } of before?.pictures ?? []) {
    if (!isKept.has(id) && product.pictures?.some((one) => one.id === id)) product = await wire.remove(product.id, id);
  }
  for (const item of items.filter(({ id }) => !id)) {
    const known = new Set(product.pictures?.map(({ id }) => id));
    try {
      product = await wire.add(product.id, item);
    } catch (error) {
      throw Object.assign(/** @type {object} */ (error), { item });
    }
    const made = product.pictures?.find(({ id }) => !known.has(id));
    // the same picture once more is the one that is there
    items = made ? items.map((one) => (one === item ? { key: item.key, id: made.id, url: made.thumb_url ?? made.url } : one)) : items.filter((one) => one !== item);
    onItems(items);
  }
  const there = (product.pictures ?? []).map(({ id }) => id);
  const wanted = items.map(({ id }) => String(id)).filter((id) => there.includes(id));
  const order = [...wanted, ...there.filter((id) => !wanted.includes(id))];
  return order.join() === there.join() ? product : wire.arrange(product.id, order);
}
