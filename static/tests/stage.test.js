import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedTracks, featured, peopleOnStage, tileKey, tilesOf } from '../lib/stage.js';

/** @returns {import('../lib/types.js').Track} */
const track = (/** @type {string} */ publisher, /** @type {'audio'|'video'} */ kind, /** @type {'camera'|'screen'} */ source = 'camera', muted = false) => ({ publisher, display_name: publisher.toUpperCase(), kind, source, codec: '', muted });
const slot = (/** @type {number} */ n, /** @type {string} */ publisher, /** @type {'camera'|'screen'} */ source = 'camera') => ({ mid: String(n), kind: /** @type {const} */ ('video'), slot: n, publisher, source });

test('everybody on stage is there once, with what they send', () => {
  const people = peopleOnStage([track('a', 'audio'), track('a', 'video'), track('b', 'audio', 'camera', true), track('a', 'video', 'screen')], ['b']);
  assert.deepEqual(people.map(({ identity, name, hasCamera, hasScreen, isMuted, isSpeaking }) => [identity, name, hasCamera, hasScreen, isMuted, isSpeaking]), [
    ['a', 'A', true, true, false, false],
    ['b', 'B', false, false, true, true],
  ]);
});

test('a muted camera is no picture', () => {
  assert.equal(peopleOnStage([track('a', 'video', 'camera', true)], [])[0].hasCamera, false);
});

test('tiles come by slot and carry names', () => {
  const people = peopleOnStage([track('a', 'video'), track('b', 'video'), track('b', 'audio')], ['b']);
  const tiles = tilesOf([slot(2, 'b'), { ...slot(0, 'a'), kind: 'audio' }, slot(0, 'a')], people);
  assert.deepEqual(tiles.map(({ slot: n, name, isSpeaking }) => [n, name, isSpeaking]), [[0, 'A', false], [2, 'B', true]]);
});

test('a large stage is followed by its changes', () => {
  const known = [track('a', 'audio'), track('b', 'audio')];
  const change = { tracks: [track('b', 'audio', 'camera', true), track('c', 'video')], gone: [track('a', 'audio')] };
  const after = changedTracks(known, change);
  assert.deepEqual(after.map(({ publisher, muted }) => [publisher, muted]), [['b', true], ['c', false]]);
  assert.deepEqual(changedTracks(after, change), after); // twice does no harm
});

test('one tile is large: chosen, screen, pinned, host, speaker, first', () => {
  const tiles = tilesOf([slot(0, 'a'), slot(1, 'b'), slot(2, 'c'), slot(3, 'c', 'screen')], []);
  const cameras = tiles.slice(0, 3);
  assert.equal(featured(tiles, { chosen: tileKey({ identity: 'b', source: 'camera' }) })?.slot, 1);
  assert.equal(featured(tiles, { host: 'a' })?.slot, 3);
  assert.equal(featured(cameras, { pins: [{ identity: 'c', source: null }], host: 'a' })?.slot, 2);
  assert.equal(featured(cameras, { host: 'b', speaking: ['c'] })?.slot, 1);
  assert.equal(featured(cameras, { host: 'x', speaking: ['c'] })?.slot, 2);
  assert.equal(featured(cameras, {})?.slot, 0);
  assert.equal(featured([], {}), undefined);
});
