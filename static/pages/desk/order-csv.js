/** Orders as a CSV file (RFC 4180), one row a line of an order, made in the browser. */

import { minorDigits } from '../../lib/money.js';

const COLUMNS = ['order', 'status', 'placed_at', 'show', 'buyer', 'email', 'phone', 'delivery', 'address', 'sku', 'product', 'variant', 'quantity',
  'unit_price', 'order_total', 'currency', 'payment', 'payment_status'];

/**
 * @param {import('../../lib/types.js').Order[]} orders
 * @param {(roomId: string) => string} showTitle
 * @returns {string}
 */
export function ordersCsv(orders, showTitle) {
  const rows = orders.flatMap((order) =>
    order.lines.map((line) => [
      order.number, order.status, order.placed_at, showTitle(order.room_id), order.contact?.name, order.contact?.email, order.contact?.phone,
      order.delivery?.method, order.delivery?.address, line.sku, line.title, line.variant_title, line.quantity, plain(line.unit_price), plain(order.total),
      order.total.currency, order.payment.provider, order.payment.status,
    ]),
  );
  return [COLUMNS, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Without exponent or grouping, as spreadsheets read it. @param {import('../../lib/types.js').Money} money */
const plain = ({ amount_minor, currency }) => (amount_minor / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));

/** @param {unknown} value */
function cell(value) {
  let text = String(value ?? '');
  // a buyer's name must not run as a formula in the merchant's spreadsheet
  if (/^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Hand a file to the browser. @param {string} name @param {string} text */
export function download(name, text) {
  // the mark at the beginning tells Excel that it is UTF-8
  const url = URL.createObjectURL(new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
