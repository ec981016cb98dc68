import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownPath } from '../pages/signin-return.js';

/** @type {any} */ (globalThis).window = { location: { origin: 'https://shop.example' } };

test('whoever signs in comes to the page of this site that was asked for', () => {
  for (const path of ['/', '/orders/ord_1', '/r/room_1?x=1#chat', '/desk#orders']) assert.equal(ownPath(path), path);
  assert.equal(ownPath('/r/room_1/../room_2'), '/r/room_2');
});

test('and never to another site, whatever the link says', () => {
  const elsewhere = ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)', 'evil', '',
    '/.//evil.example', '/..//evil.example', '/x/..//evil.example', '/%2e//evil.example', '/./\\evil.example', '/.\t//evil.example'];
  for (const path of elsewhere) assert.equal(ownPath(path), '/studio', path);
  assert.equal(ownPath(null), '/studio');
});

test('nor back to signing in', () => {
  for (const path of ['/signin', '/signup?next=/desk', '/x/../signin']) assert.equal(ownPath(path), '/studio');
});
