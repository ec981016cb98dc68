/** `@` and a name: being typed, in a text that is sent, in a text that is shown. Pure. */

/** @typedef {{ identity: string, display_name: string }} Person */

const BEING_TYPED = /(^|[\s(（「])[@＠]([^\s@＠]{0,30})$/u;

/**
 * The name that is being typed just before the caret.
 *
 * @param {string} text
 * @param {number} caret
 * @returns {{ start: number, prefix: string } | null} `start`: where its `@` is
 */
export function typedName(text, caret) {
  const found = BEING_TYPED.exec(text.slice(0, caret));
  return found ? { start: found.index + found[1].length, prefix: found[2] } : null;
}

/**
 * The text with a name completed, and where the caret goes.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} caret
 * @param {string} name
 */
export function completed(text, start, caret, name) {
  const before = `${text.slice(0, start)}@${name} `;
  return { text: before + text.slice(caret).replace(/^ /, ''), caret: before.length };
}

/** Those of `chosen` whose name is still in the text. @param {string} text @param {Person[]} chosen @returns {Person[]} */
export function mentionedIn(text, chosen) {
  const kept = chosen.filter(({ display_name }) => text.includes(`@${display_name}`));
  return [...new Map(kept.map((person) => [person.identity, person])).values()];
}

/**
 * A text in pieces, those that name somebody marked. Of names that begin alike the longest counts.
 *
 * @param {string} text
 * @param {Person[]} mentions
 * @returns {{ text: string, identity?: string }[]}
 */
export function pieces(text, mentions) {
  const names = [...mentions].sort((a, b) => b.display_name.length - a.display_name.length);
  /** @type {{ text: string, identity?: string }[]} */
  const found = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const named = text[at] === '@' ? names.find(({ display_name }) => display_name && text.startsWith(display_name, at + 1)) : undefined;
    if (!named) {
      plain += text[at++];
      continue;
    }
    if (plain) found.push({ text: plain });
    plain = '';
    found.push({ text: `@${named.display_name}`, identity: named.identity });
    at += named.display_name.length + 1;
  }
  return plain ? [...found, { text: plain }] : found;
}
