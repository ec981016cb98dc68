/** People in the room by the beginning of their name. Knows no DOM. */

/** @typedef {{ connection: import('./protocol.js').RoomConnection, state: import('./room-state.js').RoomState }} Place */

const MOST = 8;

/**
 * The server's answer without me; where it has none, who wrote lately.
 *
 * @param {Place} place
 * @returns {(prefix: string) => Promise<import('./mentions.js').Person[]>}
 */
export function finderOf({ connection, state }) {
  return async (prefix) => {
    const mine = state.me.value?.identity;
    try {
      const { items } = await connection.call('member:find', { prefix });
      return items.filter((/** @type {import('./mentions.js').Person} */ { identity }) => identity !== mine);
    } catch {
      const wrote = new Map([...state.messages.value].reverse().map(({ author }) => [author.identity, author]));
      const begins = prefix.toLocaleLowerCase();
      return [...wrote.values()].filter(({ identity, display_name }) => identity !== mine && display_name.toLocaleLowerCase().startsWith(begins)).slice(0, MOST);
    }
  };
}
