import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chapterAt } from '../lib/replay.js';

const chapters = [
  { title: 'Bowl', offer: null, start_s: 0, end_s: 4 },
  { title: 'Vase', offer: null, start_s: 6, end_s: 9 },
];

test('a chapter holds its beginning and not its end', () => {
  assert.equal(chapterAt(chapters, 0), 0);
  assert.equal(chapterAt(chapters, 3.99), 0);
  assert.equal(chapterAt(chapters, 4), -1);
  assert.equal(chapterAt(chapters, 6), 1);
  assert.equal(chapterAt(chapters, 9), -1);
  assert.equal(chapterAt([], 1), -1);
});
