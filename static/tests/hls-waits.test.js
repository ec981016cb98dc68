import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ease, Strain, Waits } from '../lib/hls-waits.js';

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

test('a bad moment is forgotten after eight parts that came easily, of which one may be late', () => {
  const ease = new Ease();
  const loaded = (/** @type {number[]} */ ...times) => times.map((ms) => ease.loaded(ms, 0.35));
  assert.ok(!loaded(300, 20, 20, 20, 20, 20, 20).includes(true));
  assert.deepEqual(loaded(20), [true]);
  assert.ok(!loaded(20, 20, 20, 20, 20, 20, 20).includes(true), 'counted anew');
  assert.deepEqual(loaded(20), [true]);
});

test('a network that carries what is played and not much more stays what it was measured to be', () => {
  const ease = new Ease();
  for (let n = 0; n < 50; n += 1) assert.equal(ease.loaded(n % 4 ? 30 : 100, 0.35), false);
});

test('parts that come more slowly than they play tell after a moment what the network carries', () => {
  const strain = new Strain();
  assert.equal(strain.loaded(42_000, 900, 0.34), 0);
  assert.equal(strain.loaded(42_000, 900, 0.34), (8 * 84_000) / 1.8);
  assert.equal(strain.loaded(42_000, 900, 0.34), 0, 'counted anew');
});

test('one part that came in time takes the strain away, however slow the rest', () => {
  const strain = new Strain();
  for (let n = 0; n < 20; n += 1) assert.equal(strain.loaded(42_000, n % 2 ? 1_000 : 300, 0.34), 0);
});
