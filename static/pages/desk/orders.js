import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { OrderBadge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { FormField } from '../../components/form-field.js';
import { statusWord } from '../../components/order-facts.js';
import { orderSummary } from '../../components/order-lines.js';
import { ReturnsWaiting } from '../../components/order-returns.js';
import { EmptyState, ErrorState, errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { refusalText } from '../../components/refusal.js';
import { DataTable } from '../../components/table.js';
import { useLoad } from '../../components/use-load.js';
import { api, listAll, request } from '../../lib/api.js';
import { formatDateTime } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { formatMoney } from '../../lib/money.js';
import { downloadBlob } from '../../lib/download.js';
import { listQuery, useOrderList } from './order-list.js';
import { OrderSheet } from './order-sheet.js';
import { WorkBar } from './order-work.js';
import { ListSkeleton } from './products.js';
import { SearchField } from './search-field.js';

/** @typedef {import('../../lib/types.js').Order} Order */
/** @typedef {import('../../lib/types.js').Room} Room */

/** @type {import('../../lib/types.js').OrderStatus[]} */
const STATUSES = ['pending_payment', 'paid', 'fulfilled', 'refunded', 'cancelled', 'expired'];

/** @param {{ store: import('../../lib/types.js').Store }} props */
export function Orders({ store }) {
  const [filter, setFilter] = useState({ status: '', room: '', method: '', work: '' });
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(/** @type {Set<string>} */ (new Set()));
  const sought = useLater(query.trim(), 300);
  const [openId, setOpenId] = useState('');
  const list = useOrderList(store.id, { ...filter, q: sought });
  const { data: rooms } = useLoad(() => /** @type {Promise<Room[]>} */ (listAll('/rooms?mine=1')), []);
  const showTitle = (/** @type {string} */ id) => rooms?.find((room) => room.id === id)?.title ?? '';
  const isFiltered = Boolean(sought || Object.values(filter).some(Boolean));
  const [saving, setSaving] = useState(false);
  const asked = useReturnsWaiting(store.id, list.orders);

  if (list.error && !list.orders) return html`<${ErrorState} error=${list.error} onRetry=${list.reload} />`;
  if (!list.orders) return html`<${ListSkeleton} />`;
  if (!list.orders.length && !isFiltered) {
    return html`<${EmptyState} icon="truck" title=${t('No orders yet')} action=${html`<${Button} kind="primary" icon="live" href="/studio">${t('Plan a show')}<//>`}>
      ${t('Orders from your shows come in here while you are on air.')}
    <//>`;
  }
  const found = list.orders;
  const open = list.orders.find((order) => order.id === openId);
  const save = async () => {
    setSaving(true);
    try {
      const answer = await request('GET', `/stores/${store.id}/orders.csv?${listQuery({ ...filter, q: sought })}`);
      downloadBlob(`orders-${new Date().toISOString().slice(0, 10)}.csv`, await answer.blob());
    } catch (problem) {
      toast(refusalText(problem), { kind: 'bad' });
    }
    setSaving(false);
  };
  const toggle = (/** @type {string} */ id) => setChosen((now) => new Set(now.has(id) ? [...now].filter((other) => other !== id) : [...now, id]));
  const picked = found.filter(({ id }) => chosen.has(id));
  const isAll = found.length > 0 && picked.length === found.length;

  return html`${filter.work !== 'returns' && html`<${ReturnsWaiting} count=${asked} onShow=${() => setFilter({ status: '', room: '', method: '', work: 'returns' })} />`}
    <div class="desk-tools desk-tools-orders">
      <${SearchField} label=${t('Number or name')} value=${query} onInput=${setQuery} />
      <${FormField} label=${t('State')} as="select" class="desk-filter" value=${filter.status} onInput=${(/** @type {string} */ status) => setFilter({ ...filter, status })}>
        <option value="">${t('All states')}</option>
        ${STATUSES.map((status) => html`<option key=${status} value=${status}>${statusWord(status)}</option>`)}
      <//>
      <${FormField} label=${t('Show')} as="select" class="desk-filter" value=${filter.room} onInput=${(/** @type {string} */ room) => setFilter({ ...filter, room })}>
        <option value="">${t('All shows')}</option>
        ${(rooms ?? []).filter((room) => room.store?.id === store.id).map((room) => html`<option key=${room.id} value=${room.id}>${room.title}</option>`)}
      <//>
      <${FormField} label=${t('To do')} as="select" class="desk-filter" value=${filter.work} onInput=${(/** @type {string} */ work) => setFilter({ ...filter, work })}>
        <option value="">${t('To do')}</option><option value="to_pack">${t('To pack')}</option><option value="packed">${t('Packed, not sent')}</option><option value="returns">${asked ? t('Money back asked ({n})', { n: asked }) : t('Money back asked')}</option>
      <//>
      <${FormField} label=${t('Delivery')} as="select" class="desk-filter" value=${filter.method} onInput=${(/** @type {string} */ method) => setFilter({ ...filter, method })}>
        <option value="">${t('Delivery')}</option><option value="courier">${t('By courier')}</option><option value="pickup">${t('Pick-up')}</option>
      <//>
      <${Button} icon="download" busy=${saving} disabled=${!found.length} onClick=${save}>${t('CSV')}<//>
    </div>
    ${found.length > 0 && html`<label class="check work-all"><input type="checkbox" checked=${isAll} onChange=${() => setChosen(isAll ? new Set() : new Set(found.map(({ id }) => id)))} /><span>${t('Choose all that are shown')}</span></label>`}
    ${picked.length > 0 && html`<${WorkBar} storeId=${store.id} chosen=${picked} onDone=${list.reload} onClear=${() => setChosen(new Set())} />`}
    <div class="desk-table desk-orders">
      <${DataTable} caption=${t('Orders')} columns=${columns(setOpenId, chosen, toggle)} rows=${found} keyOf=${(/** @type {Order} */ order) => order.id} onOpen=${(/** @type {Order} */ order) => setOpenId(order.id)}
        empty=${html`<p class="muted desk-none">${t('No order matches.')}</p>`} />
    </div>
    ${list.hasMore && html`<div class="desk-more">
      ${list.moreError ? html`<p class="field-error">${errorText(list.moreError)}</p>` : null}
      <${Button} busy=${list.isMore} onClick=${list.more}>${t('Load more')}<//>
    </div>`}
    ${open && html`<${OrderSheet} order=${open} showTitle=${showTitle(open.room_id)} onChanged=${list.put} onClose=${() => setOpenId('')} />`}`;
}

/** How many buyers wait for an answer; asked again with each fresh list. @param {string} storeId @param {Order[] | null} list */
function useReturnsWaiting(storeId, list) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    api.get(`/stores/${storeId}/returns/count`).then(({ waiting }) => setCount(waiting), () => {}); // the next list asks again
  }, [storeId, list]);
  return count;
}

/** What was typed, once the typing has paused. @param {string} value @param {number} waitMs */
function useLater(value, waitMs) {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), waitMs);
    return () => clearTimeout(timer);
  }, [value, waitMs]);
  return late;
}

/** @param {(id: string) => void} open @param {Set<string>} chosen @param {(id: string) => void} toggle */
const columns = (open, chosen, toggle) => [
  {
    id: 'choose',
    title: t('Choose'),
    cell: (/** @type {Order} */ order) => html`<input type="checkbox" class="work-choose" aria-label=${t('Choose order {number}', { number: order.number })} checked=${chosen.has(order.id)} onClick=${(/** @type {Event} */ event) => event.stopPropagation()} onChange=${() => toggle(order.id)} />`,
  },
  {
    id: 'number',
    title: t('Order'),
    cell: (/** @type {Order} */ order) => html`<button type="button" class="desk-row-open" onClick=${(/** @type {Event} */ event) => (event.stopPropagation(), open(order.id))}>
      <span><span class="desk-row-title tabular" dir="ltr">${order.number}</span><bdi class="desk-row-who">${order.contact?.name ?? order.buyer.display_name}</bdi></span>
    </button>`,
  },
  { id: 'what', title: t('What'), cell: (/** @type {Order} */ order) => html`<bdi>${orderSummary(order)}</bdi>` },
  { id: 'placed', title: t('Placed'), cell: (/** @type {Order} */ order) => html`<time class="muted tabular" dateTime=${order.placed_at}>${formatDateTime(order.placed_at)}</time>` },
  { id: 'status', title: t('State'), cell: (/** @type {Order} */ order) => html`<${OrderBadge} order=${order} />` },
  { id: 'total', title: t('Total'), numeric: true, cell: (/** @type {Order} */ order) => html`<bdi class="strong">${formatMoney(order.total)}</bdi>` },
];
