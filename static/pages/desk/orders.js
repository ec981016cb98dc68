import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { OrderBadge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { statusWord } from '../../components/order-facts.js';
import { orderSummary } from '../../components/order-lines.js';
import { EmptyState, ErrorState, errorText } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { useLoad } from '../../components/use-load.js';
import { listAll } from '../../lib/api.js';
import { formatDateTime } from '../../lib/format.js';
import { locale, t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { download, ordersCsv } from './order-csv.js';
import { useOrderList } from './order-list.js';
import { OrderSheet } from './order-sheet.js';
import { ListSkeleton } from './products.js';
import { SearchField } from './search-field.js';

/** @typedef {import('../../lib/types.js').Order} Order */
/** @typedef {import('../../lib/types.js').Room} Room */

/** @type {import('../../lib/types.js').OrderStatus[]} */
const STATUSES = ['pending_payment', 'paid', 'fulfilled', 'refunded', 'cancelled', 'expired'];

/** @param {{ store: import('../../lib/types.js').Store }} props */
export function Orders({ store }) {
  const [filter, setFilter] = useState({ status: '', room: '' });
  const [query, setQuery] = useState('');
  const [openId, setOpenId] = useState('');
  const list = useOrderList(store.id, filter);
  const { data: rooms } = useLoad(() => /** @type {Promise<Room[]>} */ (listAll('/rooms?mine=1')), []);
  const showTitle = (/** @type {string} */ id) => rooms?.find((room) => room.id === id)?.title ?? '';
  const isFiltered = Boolean(filter.status || filter.room);

  if (list.error && !list.orders) return html`<${ErrorState} error=${list.error} onRetry=${list.reload} />`;
  if (!list.orders) return html`<${ListSkeleton} />`;
  if (!list.orders.length && !isFiltered) {
    return html`<${EmptyState} icon="truck" title=${t('No orders yet')} action=${html`<${Button} kind="primary" icon="live" href="/studio">${t('Plan a show')}<//>`}>
      ${t('Orders from your shows come in here while you are on air.')}
    <//>`;
  }
  const found = search(list.orders, query);
  const open = list.orders.find((order) => order.id === openId);
  const save = () => download(`orders-${new Date().toISOString().slice(0, 10)}.csv`, ordersCsv(found, showTitle));

  return html`<div class="desk-tools desk-tools-orders">
      <${SearchField} label=${t('Number or name')} value=${query} onInput=${setQuery} />
      <${FormField} label=${t('State')} as="select" class="desk-filter" value=${filter.status} onInput=${(/** @type {string} */ status) => setFilter({ ...filter, status })}>
        <option value="">${t('All states')}</option>
        ${STATUSES.map((status) => html`<option key=${status} value=${status}>${statusWord(status)}</option>`)}
      <//>
      <${FormField} label=${t('Show')} as="select" class="desk-filter" value=${filter.room} onInput=${(/** @type {string} */ room) => setFilter({ ...filter, room })}>
        <option value="">${t('All shows')}</option>
        ${(rooms ?? []).filter((room) => room.store?.id === store.id).map((room) => html`<option key=${room.id} value=${room.id}>${room.title}</option>`)}
      <//>
      <${Button} icon="download" disabled=${!found.length} onClick=${save}>${t('CSV')}<//>
    </div>
    <div class="desk-table desk-orders">
      <${DataTable} caption=${t('Orders')} columns=${columns(setOpenId)} rows=${found} keyOf=${(/** @type {Order} */ order) => order.id} onOpen=${(/** @type {Order} */ order) => setOpenId(order.id)}
        empty=${html`<p class="muted desk-none">${t('No order matches.')}</p>`} />
    </div>
    ${list.hasMore && html`<div class="desk-more">
      ${list.moreError ? html`<p class="field-error">${errorText(list.moreError)}</p>` : null}
      <${Button} busy=${list.isMore} onClick=${list.more}>${t('Load more')}<//>
    </div>`}
    ${open && html`<${OrderSheet} order=${open} showTitle=${showTitle(open.room_id)} onChanged=${list.put} onClose=${() => setOpenId('')} />`}`;
}

/** @param {(id: string) => void} open */
const columns = (open) => [
  {
    id: 'number',
    title: t('Order'),
    cell: (/** @type {Order} */ order) => html`<button type="button" class="desk-row-open" onClick=${(/** @type {Event} */ event) => (event.stopPropagation(), open(order.id))}>
      <span><span class="desk-row-title tabular" dir="ltr">${order.number}</span><bdi class="desk-row-who">${order.contact?.name ?? order.buyer.display_name}</bdi></span>
    </button>`,
  },
  { id: 'what', title: t('What'), cell: (/** @type {Order} */ order) => html`<bdi>${orderSummary(order)}</bdi>` },
  { id: 'placed', title: t('Placed'), cell: (/** @type {Order} */ order) => html`<time class="muted tabular" dateTime=${order.placed_at}>${formatDateTime(order.placed_at)}</time>` },
  { id: 'status', title: t('State'), cell: (/** @type {Order} */ order) => html`<${OrderBadge} status=${order.status} />` },
  { id: 'total', title: t('Total'), numeric: true, cell: (/** @type {Order} */ order) => html`<bdi class="strong">${formatMoney(order.total)}</bdi>` },
];

/** @param {Order[]} orders @param {string} query */
function search(orders, query) {
  const wanted = query.trim().toLocaleLowerCase(locale());
  if (!wanted) return orders;
  return orders.filter((order) => [order.number, order.contact?.name, order.contact?.email, order.buyer.display_name].join(' ').toLocaleLowerCase(locale()).includes(wanted));
}
