import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Waits } from '../lib/hls-waits.js';

test('what was waited for is taken out, and what the network takes is left', () => {
  const waits = new Waits();
  assert.equal(waits.begun({ start: 0, first: 40 }), 0);
  assert.equal(waits.begun({ start: 100, first: 430 }), 390);
  assert.equal(waits.begun({ start: 500, first: 530 }), 500);
  assert.equal(waits.begun({ start: 600, first: 900 }), 870);
});

test('a network that has grown slower is known as that after a while', () => {
  const waits = new Waits();
  waits.begun({ start: 0, first: 10 });
  for (let n = 0; n < 20; n += 1) waits.begun({ start: 0, first: 200 });
  assert.equal(waits.begun({ start: 0, first: 200 }), 0);
});

test('one that has grown so slow that few parts come is known as that within seconds', () => {
  const waits = new Waits();
  for (let n = 0; n < 20; n += 1) waits.begun({ start: n * 340, first: n * 340 + 10 });
  for (let n = 0; n < 5; n += 1) waits.begun({ start: 7_000 + n * 1_000, first: 7_900 + n * 1_000 });
  assert.equal(waits.begun({ start: 12_000, first: 12_900 }), 12_890); // a quick one was less than seven seconds ago
  assert.equal(waits.begun({ start: 13_000, first: 13_900 }), 13_000);
});
