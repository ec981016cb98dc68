/** Finding the winners of a draw again (docs/interaction.md), with the browser's own cryptography. Knows no DOM. */

const encoder = new TextEncoder();

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {string} hex */
const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array<ArrayBuffer>} bytes */
const sha256 = async (bytes) => toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));

/** @param {string} drawId @param {string} identity */
export const ticketOf = (drawId, identity) => sha256(encoder.encode(`${drawId}:${identity}`));

/** Whether this page can check at all: browsers give cryptography to pages that came by HTTPS, or from this machine. */
export const canCheck = () => Boolean(globalThis.crypto?.subtle);

/**
 * @param {Uint8Array<ArrayBuffer>} seed
 * @param {string} drawId
 * @param {string} digest of the published list
 * @param {string[]} tickets
 * @param {number} places
 * @returns {Promise<string[]>} the winning tickets, the first place first
 */
export async function choose(seed, drawId, digest, tickets, places) {
  const key = await crypto.subtle.importKey('raw', seed, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const left = [...tickets].sort();
  const winners = [];
  for (let place = 1; place <= places && left.length; place++) {
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(`${drawId}:${digest}:${place}`)));
    const at = Number(BigInt(`0x${toHex(mac)}`) % BigInt(left.length));
    winners.push(...left.splice(at, 1));
  }
  return winners;
}

/**
 * @param {import('./interaction-state.js').Draw} draw that is over
 * @param {Uint8Array<ArrayBuffer>} entries the published list, as it came
 * @param {string | null} myTicket
 * @returns {Promise<{ isSeedAsPromised: boolean, isListAsPublished: boolean, areWinnersRight: boolean, amIn: boolean | null, entries: number }>}
 *   `amIn` is null for who did not enter
 */
export async function checkDraw(draw, entries, myTicket) {
  const seed = fromHex(draw.seed ?? '');
  const digest = await sha256(entries);
  const tickets = new TextDecoder().decode(entries).split('\n').filter(Boolean);
  const found = await choose(seed, draw.id, digest, tickets, draw.places);
  return {
    isSeedAsPromised: (await sha256(seed)) === draw.commitment,
    isListAsPublished: digest === draw.entries_digest,
    areWinnersRight: JSON.stringify(found) === JSON.stringify(draw.winners.map(({ ticket }) => ticket)),
    amIn: myTicket ? tickets.includes(myTicket) : null,
    entries: tickets.length,
  };
}
