/**
 * A language that nobody speaks, for whoever writes pages: `?pseudo` in the address. Sentences grow by a third, as they do
 * in the longest languages, get accents, and stand in brackets, so that text which is cut off, put together from pieces
 * or never given to `t` shows at a glance. `?pseudo=off` ends it; until then the tab keeps it.
 */

const KEY = 'livehub.pseudo';
const ACCENTS = new Map([...'aáeéiíoóuúyýAÁEÉIÍOÓUÚcçCÇnñNÑsšSŠzžZŽ'.matchAll(/(.)(.)/gu)].map(([, plain, accented]) => /** @type {const} */ ([plain, accented])));

/** Whether this tab speaks it. */
export const isPseudo = wanted();

function wanted() {
  try {
    const asked = new URL(window.location.href).searchParams.get('pseudo');
    if (asked !== null) sessionStorage.setItem(KEY, asked);
    const kept = sessionStorage.getItem(KEY);
    return kept !== null && kept !== 'off';
  } catch {
    return false; // no page, or no storage
  }
}

/** Placeholders stay as they are. @param {string} text */
export function pseudo(text) {
  const accented = text.replace(/\{\w+\}|[^{]+|\{/gu, (piece) => (/^\{\w+\}$/.test(piece) ? piece : [...piece].map((char) => ACCENTS.get(char) ?? char).join('')));
  return `⟦${accented}${' ẋ'.repeat(Math.ceil(text.length / 6))}⟧`;
}
