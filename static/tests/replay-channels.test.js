import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.HTMLMediaElement ??= /** @type {any} */ ({ HAVE_FUTURE_DATA: 3 });
const { inStep, placeOf } = await import('../lib/replay-channels.js');

const stretches = [
  { start_s: 1.5, at_s: 0, duration_s: 4 },
  { start_s: 20, at_s: 4, duration_s: 2 },
];

test('a moment of the replay has its place in the channel, or none', () => {
  assert.equal(placeOf(stretches, 0), null);
  assert.equal(placeOf(stretches, 1.5), 0);
  assert.equal(placeOf(stretches, 4), 2.5);
  assert.equal(placeOf(stretches, 5.5), null);
  assert.equal(placeOf(stretches, 21), 5);
  assert.equal(placeOf(stretches, 22), null);
  assert.equal(placeOf([], 1), null);
});

test('sound that is far away jumps, and what is near goes a little faster or slower at any speed', () => {
  assert.deepEqual(inStep(10, 0, 1), { jump: true, rate: 1 });
  assert.deepEqual(inStep(10, 12, 1.5), { jump: true, rate: 1.5 });
  assert.deepEqual(inStep(10, 10.02, 2), { jump: false, rate: 2 });
  const late = inStep(10, 9.8, 2);
  assert.equal(late.jump, false);
  assert.ok(late.rate > 2 && late.rate < 2.2);
  const early = inStep(10, 10.2, 1);
  assert.equal(early.jump, false);
  assert.ok(early.rate < 1 && early.rate > 0.9);
});
