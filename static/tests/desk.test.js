import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ordersCsv } from '../pages/desk/order-csv.js';
import { refreshed } from '../pages/desk/order-list.js';
import { refundOfLines, returnedUnits } from '../components/refund-sum.js';
import { categoryPaths } from '../pages/desk/category-paths.js';
import { patchOf, rebased, without } from '../pages/desk/product-merge.js';
import { bodyOf, draftOf, emptyVariant, faultsOf, parseStock } from '../pages/desk/product-draft.js';

const variant = (more = {}) => ({ ...emptyVariant(), price: '12,50', stock: '3', ...more });
const draft = (more = {}) => ({ title: 'Mug', description: '', variants: [variant()], ...more });
const order = (id, placed_at, more = {}) => ({
  id, number: id, status: 'paid', placed_at, room_id: 'r', contact: { name: 'Ana', email: null, phone: null }, delivery: { method: 'pickup' },
  payment: { provider: 'manual', status: 'paid' }, total: { amount_minor: 2500, currency: 'EUR' }, history: [],
  lines: [{ sku: 'MUG', title: 'Mug', variant_title: '', quantity: 2, unit_price: { amount_minor: 1250, currency: 'EUR' } }], ...more,
});

test('a product without name, price or stock is not saved', () => {
  assert.deepEqual(faultsOf(draft(), 'EUR'), {});
  assert.ok(faultsOf(draft({ title: '  ' }), 'EUR').title);
  assert.ok(faultsOf(draft({ variants: [variant({ price: '12.505' })] }), 'EUR')['variants[0].price']);
  assert.ok(faultsOf(draft({ variants: [variant({ price: '12.5' })] }), 'JPY')['variants[0].price']);
  assert.ok(faultsOf(draft({ variants: [variant({ stock: '-1' })] }), 'EUR')['variants[0].stock']);
});

test('variants must differ and their numbers must not repeat', () => {
  const twins = draft({ variants: [variant({ sku: 'A', title: 'Blue' }), variant({ sku: 'A', title: '' })] });
  const faults = faultsOf(twins, 'EUR');
  assert.ok(faults['variants[1].title']);
  assert.ok(faults['variants[0].sku'] && faults['variants[1].sku']);
});

test('stock is a whole number in any digits', () => {
  assert.equal(parseStock('١٢'), 12);
  assert.equal(parseStock(' 0 '), 0);
  for (const text of ['', '1.5', '-2', 'many', '12345678']) assert.equal(parseStock(text), null, text);
});

test('articles without a number get one of their own', () => {
  const { variants } = bodyOf(draft({ variants: [variant({ title: 'Blau' }), variant({ title: 'Blau' }), variant({ sku: ' KEEP ' })] }), 'EUR');
  assert.match(variants[0].sku, /^MUG-BLAU-[0-9A-F]{4}$/);
  assert.notEqual(variants[0].sku, variants[1].sku);
  assert.equal(variants[2].sku, 'KEEP');
  assert.deepEqual(variants[0].price, { amount_minor: 1250, currency: 'EUR' });
  assert.match(bodyOf(draft({ title: 'قميص' }), 'EUR').variants[0].sku, /^ITEM-/);
});

test('what the server has comes back as it was', () => {
  const product = { id: 'p', store_id: 's', title: 'Mug', description: 'd', picture: null, variants: [{ sku: 'A', title: '', price: { amount_minor: 1200, currency: 'JPY' }, stock: 4 }] };
  assert.deepEqual(bodyOf(draftOf(product), 'JPY').variants, [{ sku: 'A', title: '', price: { amount_minor: 1200, currency: 'JPY' }, stock: 4 }]);
});

test('the CSV quotes what needs it and runs no formulas', () => {
  const csv = ordersCsv([order('1', 'x', { contact: { name: '=HYPERLINK("x")', email: 'a@b.c', phone: '-5' }, delivery: { method: 'courier', address: 'Street 1\nTown' } })], () => 'Tea, live');
  const [head, ...rows] = csv.split('\r\n');
  assert.equal(head.split(',').length, 18);
  assert.match(rows.join('\r\n'), /"Tea, live","'=HYPERLINK\(""x""\)",a@b\.c,-5,courier,"Street 1\nTown",MUG,Mug,,2,12\.50,25\.00,EUR,manual,paid/);
});

test('the newest page replaces its stretch of the list', () => {
  const list = { items: [order('c', '3'), order('b', '2'), order('a', '1')], next: 'n2' };
  const fresh = { items: [order('d', '4'), order('c', '3')], next: 'n1' };
  assert.deepEqual(refreshed(list, fresh).items.map(({ id }) => id), ['d', 'c', 'b', 'a']);
  assert.equal(refreshed(list, fresh).next, 'n2');
  // b left the filter
  assert.deepEqual(refreshed(list, { items: [order('c', '3'), order('a', '1')], next: 'n1' }).items.map(({ id }) => id), ['c', 'a']);
  assert.deepEqual(refreshed(list, { items: [], next: null }), { items: [], next: null });
});

test('categories read like the tree, also when one above is not known', () => {
  const list = [
    { id: 'b', title: 'Cups', parent: 'a' }, { id: 'a', title: 'Kitchen', parent: null }, { id: 'd', title: 'Lost', parent: 'x' },
    { id: 'c', title: 'Small', parent: 'b' },
  ];
  assert.deepEqual(categoryPaths(list).map(({ path }) => path.join('>')), ['Kitchen', 'Kitchen>Cups', 'Kitchen>Cups>Small', 'Lost']);
});

test('a refund of lines is what was paid for them, and all parts are all of it', () => {
  const money = (amount_minor) => ({ amount_minor, currency: 'EUR' });
  const bought = {
    total: money(2333), lines: [{ offer: 'a', quantity: 3, unit_price: money(333) }, { offer: 'b', quantity: 2, unit_price: money(1000) }],
    coupon: { code: 'X', discount: money(666) },
  };
  assert.deepEqual(refundOfLines({ ...bought, coupon: null }, [{ offer: 'a', quantity: 2 }]), money(666));
  assert.deepEqual(refundOfLines(bought, [{ offer: 'a', quantity: 1 }]), money(Math.floor((333 * 2333) / 2999)));
  assert.deepEqual(refundOfLines(bought, []), money(0));
  const one = [{ offer: 'a', quantity: 1 }];
  const parts = [0, 1, 2].map((before) => refundOfLines(bought, one, new Map([['b', 2], ['a', before]])).amount_minor);
  assert.equal(refundOfLines(bought, [{ offer: 'b', quantity: 2 }]).amount_minor + parts.reduce((sum, part) => sum + part), 2333);
});

test('what a failed refund would have brought back can still come back', () => {
  const refund = (state, quantity) => ({ id: 'r', state, lines: [{ offer: 'a', quantity }] });
  assert.deepEqual([...returnedUnits([refund('done', 1), refund('due', 2), refund('failed', 5)])], [['a', 3]]);
});

const known = (sku, more = {}) => ({ key: sku, sku, title: '', price: '12.50', stock: '10', isKnown: true, ...more });

test('what was not touched becomes what the server has, what was stays', () => {
  const base = draft({ description: 'Old', variants: [known('A'), known('B')] });
  const mine = { ...base, title: 'Big mug', variants: [known('A', { price: '11' }), known('B')] };
  const now = { ...base, description: 'New', category: 'c', variants: [known('A', { stock: '7' }), known('B', { stock: '0' }), known('C')] };
  const { draft: merged, conflicts } = rebased(mine, base, now, 'EUR');
  assert.deepEqual(conflicts, {});
  assert.deepEqual([merged.title, merged.description, merged.category], ['Big mug', 'New', 'c']);
  assert.deepEqual(merged.variants.map(({ sku, price, stock }) => [sku, price, stock]), [['A', '11', '7'], ['B', '12.50', '0'], ['C', '12.50', '10']]);
});

test('where both changed the same, mine stays and theirs is told', () => {
  const base = draft({ variants: [known('A')] });
  const mine = { ...base, title: 'Mine', variants: [known('A', { stock: '12', price: '9' }), variant({ title: 'new' })] };
  const now = { ...base, title: 'Theirs', variants: [known('A', { stock: '7', price: '9.00' })] };
  const { draft: merged, conflicts } = rebased(mine, base, now, 'EUR');
  assert.deepEqual(conflicts, { title: 'Theirs', 'variants[0].stock': '7' });
  assert.deepEqual([merged.title, merged.variants[0].stock, merged.variants[1].title], ['Mine', '12', 'new']);
  assert.deepEqual(without(conflicts, 'title'), { 'variants[0].stock': '7' });
  // decided: it is saved over what is there now
  const { variants, expected, title } = patchOf(merged, now, 'EUR');
  assert.deepEqual([title, expected.title], ['Mine', 'Theirs']);
  assert.deepEqual([variants[0], expected.variants], [{ sku: 'A', stock: 12 }, [{ sku: 'A', stock: 7 }]]);
  assert.equal(variants.length, 2);
});

test('only what was changed is sent', () => {
  const base = draft({ variants: [known('A'), known('B')] });
  assert.deepEqual(patchOf(base, base, 'EUR'), { variants: [], expected: { variants: [] } });
  const sent = patchOf({ ...base, description: 'Glazed', variants: [known('A', { price: '12,5' }), known('B', { price: '13' })] }, base, 'EUR');
  assert.deepEqual(sent, {
    description: 'Glazed',
    variants: [{ sku: 'B', price: { amount_minor: 1300, currency: 'EUR' } }],
    expected: { description: '', variants: [{ sku: 'B', price: { amount_minor: 1250, currency: 'EUR' } }] },
  });
});

test('an article that somebody else made meanwhile is the same article', () => {
  const base = draft({ variants: [known('A')] });
  const mine = { ...base, variants: [known('A'), variant({ sku: 'N', stock: '3' })] };
  const now = { ...base, variants: [known('A'), known('N', { stock: '5', price: '12.50' })] };
  const { draft: merged, conflicts } = rebased(mine, base, now, 'EUR');
  assert.deepEqual(merged.variants.map(({ sku, isKnown }) => [sku, isKnown]), [['A', true], ['N', true]]);
  assert.deepEqual(conflicts, { 'variants[1].stock': '5' });
});
