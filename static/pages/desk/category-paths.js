/** Categories as a list that reads like the tree. No DOM. */

/** @typedef {import('../../lib/types.js').Category} Category */

/**
 * @param {Category[]} categories
 * @returns {{ category: Category, path: string[] }[]} each after the one it is beneath
 */
export function categoryPaths(categories) {
  const known = new Set(categories.map(({ id }) => id));
  /** @type {{ category: Category, path: string[] }[]} */
  const found = [];
  const walk = (/** @type {string | null} */ parent, /** @type {string[]} */ above) => {
    for (const category of categories) {
      const under = category.parent !== null && known.has(category.parent) ? category.parent : null;
      if (under !== parent || above.length > 5) continue;
      const path = [...above, category.title];
      found.push({ category, path });
      walk(category.id, path);
    }
  };
  walk(null, []);
  return found;
}
