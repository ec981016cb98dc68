import assert from 'node:assert/strict';
import { test } from 'node:test';
import { against, heightsOf, niceTop } from '../lib/chart-scale.js';

test('a scale holds its values and ends at a round number', () => {
  assert.equal(niceTop([]), 1);
  assert.equal(niceTop([0, 0]), 1);
  assert.equal(niceTop([3, 7]), 10);
  assert.equal(niceTop([41]), 50);
  assert.equal(niceTop([199]), 200);
  assert.equal(niceTop([1_000]), 1_000);
  assert.equal(niceTop([123_456]), 200_000);
});

test('heights are percent of the scale and never below zero', () => {
  assert.deepEqual(heightsOf([{ value: 0 }, { value: 5 }, { value: -3 }], 10), [0, 50, 0]);
});

test('a show is held against the mean of the others', () => {
  assert.equal(against(150, [50, 150]), 50);
  assert.equal(against(50, [100]), -50);
  assert.equal(against(5, []), null);
  assert.equal(against(5, [0, 0]), null);
});
