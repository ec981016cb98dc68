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
