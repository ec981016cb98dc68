import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelOf, FLOOR_VOLUME, volumeOf } from '../lib/interpreting.js';

const slot = (n, source) => ({ mid: String(n), kind: 'audio', slot: n, publisher: `p${n}`, source });

test('the floor is low while an interpreter is heard, and only then', () => {
  const floor = [slot(0, 'camera'), slot(1, 'camera')];
  assert.deepEqual([0, 1, 2].map((n) => volumeOf(floor, n, false)), [1, 1, 1]);
  const interpreted = [...floor, slot(2, 'interpretation')];
  assert.deepEqual([0, 1, 2].map((n) => volumeOf(interpreted, n, false)), [FLOOR_VOLUME, FLOOR_VOLUME, 1]);
  assert.deepEqual([0, 1, 2].map((n) => volumeOf(interpreted, n, true)), [0, 0, 1]);
});

test('an interpreter finds the channel that is theirs', () => {
  const channels = [{ locale: 'th', interpreters: [{ identity: 'a', display_name: 'A' }], on: null, asked: null }];
  assert.equal(channelOf(channels, 'a')?.locale, 'th');
  assert.equal(channelOf(channels, 'b'), null);
});
