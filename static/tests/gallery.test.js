import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf, moved, sendGallery } from '../pages/desk/gallery-draft.js';

const picture = (id) => ({ id, url: `/pictures/${id}.webp`, thumb_url: `/pictures/${id}.thumb.webp`, width: 1, height: 1 });
const product = (...ids) => ({ id: 'p', pictures: ids.map(picture) });

/** A server that keeps what it is told. */
function server(ids, refuse = () => false) {
  const told = [];
  const answer = () => product(...ids);
  return {
    told,
    ids: () => ids,
    add: async (_, item) => {
      if (refuse(item)) throw new Error('refused');
      told.push(`add ${item.link}`);
      if (!ids.includes(item.link)) ids = [...ids, item.link];
      return answer();
    },
    remove: async (_, id) => (told.push(`remove ${id}`), (ids = ids.filter((one) => one !== id)), answer()),
    arrange: async (_, order) => (told.push(`arrange ${order}`), (ids = order), answer()),
  };
}

test('one is moved from a place to another', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 1, 1), ['a', 'b', 'c']);
});

test('nothing is sent when nothing changed', async () => {
  const wire = server(['a', 'b']);
  await sendGallery(product('a', 'b'), product('a', 'b'), itemsOf(product('a', 'b')), wire, () => {});
  assert.deepEqual(wire.told, []);
});

test('what is new is sent, what was taken off is removed, and the order is said at the end', async () => {
  const wire = server(['a', 'b']);
  const [a] = itemsOf(product('a', 'b'));
  const saved = await sendGallery(product('a', 'b'), product('a', 'b'), [{ key: '1', link: 'x' }, a], wire, () => {});
  assert.deepEqual(wire.told, ['remove b', 'add x', 'arrange x,a']);
  assert.deepEqual(saved.pictures.map(({ id }) => id), ['x', 'a']);
});

test('what others added meanwhile stays', async () => {
  const wire = server(['a', 'theirs']);
  const [a] = itemsOf(product('a'));
  const saved = await sendGallery(product('a', 'theirs'), product('a'), [{ key: '1', link: 'x' }, a], wire, () => {});
  assert.deepEqual(saved.pictures.map(({ id }) => id), ['x', 'a', 'theirs']);
});

test('what was refused is told, and what was sent before it is not sent again', async () => {
  let isDown = true;
  const wire = server(['a'], ({ link }) => isDown && link === 'y');
  let items = [...itemsOf(product('a')), { key: '1', link: 'x' }, { key: '2', link: 'y' }];
  await assert.rejects(sendGallery(product('a'), product('a'), items, wire, (next) => (items = next)), (error) => error.item.key === '2');
  assert.equal(items[1].id, 'x');
  isDown = false;
  await sendGallery(product(...wire.ids()), product('a'), items, wire, (next) => (items = next));
  assert.deepEqual(wire.told, ['add x', 'add y']);
});

test('the same picture twice is one', async () => {
  const wire = server(['a']);
  let items = [...itemsOf(product('a')), { key: '1', link: 'a' }];
  const saved = await sendGallery(product('a'), product('a'), items, wire, (next) => (items = next));
  assert.equal(items.length, 1);
  assert.deepEqual(saved.pictures.map(({ id }) => id), ['a']);
});
