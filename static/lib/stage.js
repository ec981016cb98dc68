/** Who is on stage, and which tile stands for whom: pure, from what the server tells. */

/** @typedef {import('./types.js').Track} Track */
/** @typedef {import('./types.js').ShownSlot} ShownSlot */
/** @typedef {{ identity: string, name: string, hasCamera: boolean, hasScreen: boolean, hasSound: boolean, isMuted: boolean, isSpeaking: boolean }} Person */
/** @typedef {{ slot: number, identity: string, source: 'camera'|'screen', name: string, isMuted: boolean, isSpeaking: boolean }} Tile */
/** @typedef {{ identity: string, source: 'camera'|'screen'|null }} Pin */

/**
 * Everybody on stage once, in the order of coming. Muted: no sound of theirs is forwarded.
 *
 * @param {Track[]} tracks
 * @param {string[]} speaking
 * @returns {Person[]}
 */
export function peopleOnStage(tracks, speaking) {
  /** @type {Map<string, Person>} */
  const people = new Map();
  for (const { publisher: identity, display_name: name, source, kind, muted } of tracks) {
    const person = people.get(identity) ?? { identity, name, hasCamera: false, hasScreen: false, hasSound: false, isMuted: false, isSpeaking: speaking.includes(identity) };
    if (kind === 'audio' && source === 'camera') Object.assign(person, { hasSound: true, isMuted: muted });
    else if (kind === 'video' && source === 'screen') person.hasScreen = !muted;
    else if (kind === 'video') person.hasCamera = !muted;
    people.set(identity, person);
  }
  return [...people.values()];
}

/**
 * A tile for each video slot that shows somebody.
 *
 * @param {ShownSlot[]} shown
 * @param {Person[]} people
 * @returns {Tile[]}
 */
export function tilesOf(shown, people) {
  const byIdentity = new Map(people.map((person) => [person.identity, person]));
  return shown
    .flatMap(({ kind, slot, publisher, source }) => (kind === 'video' && source !== 'interpretation' ? [{ slot, publisher, source }] : []))
    .map(({ slot, publisher, source }) => {
      const person = byIdentity.get(publisher);
      return { slot, identity: publisher, source, name: person?.name ?? '', isMuted: source === 'camera' && Boolean(person?.isMuted), isSpeaking: source === 'camera' && Boolean(person?.isSpeaking) };
    })
    .sort((a, b) => a.slot - b.slot);
}

/**
 * Whose tile is large: my choice, a screen, what is pinned, the host, whoever speaks, the first.
 *
 * @param {Tile[]} tiles
 * @param {{ chosen?: string | null, pins?: Pin[], host?: string, speaking?: string[] }} wishes `chosen` is an address of `tileKey`
 * @returns {Tile | undefined}
 */
export function featured(tiles, { chosen, pins = [], host, speaking = [] }) {
  const isPinned = (/** @type {Tile} */ tile) => pins.some((pin) => pin.identity === tile.identity && (!pin.source || pin.source === tile.source));
  return (
    tiles.find((tile) => tileKey(tile) === chosen) ??
    tiles.find((tile) => tile.source === 'screen') ??
    tiles.find(isPinned) ??
    tiles.find((tile) => tile.identity === host) ??
    tiles.find((tile) => tile.identity === speaking[0]) ??
    tiles[0]
  );
}

/** Whether there is more to show than one picture. @param {Track[]} tracks */
export const hasSeveralPictures = (tracks) => tracks.filter(({ kind, muted }) => kind === 'video' && !muted).length > 1;

/**
 * A large stage is told by its changes.
 *
 * @param {Track[]} known
 * @param {{ tracks: Track[], gone: Pick<Track, 'publisher'|'source'|'kind'>[] }} change
 * @returns {Track[]}
 */
export function changedTracks(known, { tracks, gone }) {
  const key = (/** @type {Pick<Track, 'publisher'|'source'|'kind'>} */ { publisher, source, kind }) => `${kind} ${source} ${publisher}`;
  const byKey = new Map(known.map((track) => [key(track), track]));
  for (const track of gone) byKey.delete(key(track));
  for (const track of tracks) byKey.set(key(track), track);
  return [...byKey.values()];
}

/** @param {{ identity: string, source: string }} tile */
export const tileKey = ({ identity, source }) => `${source} ${identity}`;
