import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { OrderBadge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { FollowList } from '../components/follow-list.js';
import { FormField } from '../components/form-field.js';
import { Header } from '../components/header.js';
import { LOCALES } from '../components/locale-picker.js';
import { orderSummary } from '../components/order-lines.js';
import { refusalText } from '../components/refusal.js';
import { OriginalMark } from '../components/said.js';
import { EmptyState, ErrorState, Skeleton, SkeletonText } from '../components/states.js';
import { toast } from '../components/toast.js';
import { useLoad } from '../components/use-load.js';
import { useOrdersWords } from '../components/use-words.js';
import { api } from '../lib/api.js';
import { formatDateTime } from '../lib/format.js';
import { locale, t } from '../lib/i18n.js';
import { formatMoney } from '../lib/money.js';
import { isSignedIn, me, rename, setLocale, signOut } from '../lib/session.js';

/** @typedef {import('../lib/types.js').Order} Order */

export default function AccountPage() {
  return html`<${Header} current="account" />
    <main id="main" class="page account">
      ${me.value === undefined ? html`<${SkeletonText} lines=${6} />` : me.value === null ? html`<${Nobody} />` : html`<${Account} />`}
    </main>`;
}

const Nobody = () => html`<${EmptyState} icon="user" title=${t('You are not signed in')} action=${html`<${Button} kind="primary" href="/signin?next=%2Faccount">${t('Sign in')}<//> <${Button} href="/signup?next=%2Faccount">${t('Make an account')}<//>`}>
  ${t('To watch and buy you need no account. To sell, you do.')}<//>`;

function Account() {
  const person = me.value;
  return html`<h1>${t('Account')}</h1>
    <div class="account-grid">
      <div class="stack">
        <${Profile} />
        ${isSignedIn()
          ? html`<div class="card stack"><div class="row"><span class="grow"><span class="muted small account-label">${t('Signed in as')}</span><bdi dir="ltr">${person?.email}</bdi></span><${SignOutButton} /></div></div>`
          : html`<div class="card stack"><p>${t('You are here as a guest. With an account you can sell, and find your orders on every device.')}</p>
              <div class="row row-wrap"><${Button} kind="primary" href="/signup?next=%2Faccount">${t('Make an account')}<//><${Button} href="/signin?next=%2Faccount">${t('Sign in')}<//></div></div>`}
        <${FollowList} />
      </div>
      <${MyOrders} />
    </div>`;
}

function Profile() {
  const [name, setName] = useState(me.value?.display_name ?? '');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const save = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!name.trim()) return setProblem(t('Tell us what to call you.'));
    setBusy(true);
    try {
      await rename(name.trim());
      toast(t('Saved'), { kind: 'good' });
    } catch (error) {
      setProblem(refusalText(error));
    }
    setBusy(false);
  };
  return html`<form class="card stack" onSubmit=${save} noValidate>
    <div class="row account-name">
      <${FormField} class="grow" label=${t('Your name')} value=${name} maxlength="80" autocomplete="name" dir="auto" error=${problem} hint=${t('Others see it in chats and on orders.')}
        onInput=${(/** @type {string} */ value) => (setName(value), setProblem(''))} />
      <${Button} type="submit" busy=${isBusy} disabled=${name.trim() === me.value?.display_name}>${t('Save')}<//>
    </div>
    <${FormField} label=${t('Language')} as="select" value=${locale()} onInput=${(/** @type {string} */ tag) => setLocale(tag)}>
      ${LOCALES.map(([tag, title]) => html`<option key=${tag} value=${tag} lang=${tag} selected=${tag === locale()}>${title}</option>`)}
    <//>
  </form>`;
}

function SignOutButton() {
  const [isBusy, setBusy] = useState(false);
  const leave = async () => {
    setBusy(true);
    try {
      await signOut();
      window.location.assign('/');
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
      setBusy(false);
    }
  };
  return html`<${Button} busy=${isBusy} onClick=${leave}>${t('Sign out')}<//>`;
}

/** @typedef {{ after: string, items: Order[], next: string | null }} OrdersPage `after`: the cursor that it begins after */

/** @param {string} after @param {AbortSignal} [signal] @returns {Promise<OrdersPage>} */
async function ordersAfter(after, signal) {
  return { after, ...(await api.get(after ? `/orders?after=${encodeURIComponent(after)}` : '/orders', { signal })) };
}

function MyOrders() {
  const { data: pages, error, reload, set } = useLoad(async (signal) => [await ordersAfter('', signal)], []);
  const [isMore, setMore] = useState(false);
  const next = pages?.at(-1)?.next;
  const more = async () => {
    setMore(true);
    try {
      const page = await ordersAfter(next ?? '');
      set((/** @type {OrdersPage[] | null} */ before) => [...(before ?? []), page]);
    } catch (problem) {
      toast(refusalText(problem), { kind: 'bad' });
    }
    setMore(false);
  };
  return html`<section class="card account-orders">
    <h2 class="account-h2">${t('My orders')}</h2>
    ${error && !pages && html`<${ErrorState} error=${error} onRetry=${reload} />`}
    ${!pages && !error && html`<div class="stack" aria-busy="true">${[1, 2, 3].map((n) => html`<${Skeleton} key=${n} class="account-skeleton" />`)}</div>`}
    ${pages && !pages[0]?.items.length && html`<${EmptyState} icon="bag" title=${t('No orders yet')} action=${html`<${Button} kind="primary" href="/">${t('See what is live')}<//>`}>${t('What you buy in a show stands here.')}<//>`}
    <ul class="account-order-list">${pages?.map((page) => page.items.length > 0 && html`<${Page} key=${page.after} page=${page} />`)}</ul>
    ${next && html`<div class="account-more"><${Button} busy=${isMore} onClick=${more}>${t('Load more')}<//></div>`}
  </section>`;
}

/** @param {{ page: OrdersPage }} props */
function Page({ page }) {
  const words = useOrdersWords(page.after);
  return page.items.map((order) => html`<${OrderRow} key=${order.id} order=${order} words=${words?.get(order.id)} />`);
}

/** The whole row leads to the order, but for the mark. @param {{ order: Order, words?: import('../lib/words-state.js').Words }} props */
function OrderRow({ order, words }) {
  const [original, setOriginal] = useState(false);
  const found = words?.of(order.lines[0]?.title ?? '');
  const isTranslated = found && !original;
  return html`<li class="account-order">
    <span class="grow">
      <span><a class="account-order-link strong" href=${`/orders/${order.id}`}><bdi lang=${isTranslated ? locale() : undefined}>${orderSummary(order, isTranslated ? found.text : undefined)}</bdi></a>${found && html`<${OriginalMark} original=${original} onToggle=${() => setOriginal(!original)} />`}</span>
      <span class="muted small"><bdi>${order.store?.title}</bdi> · ${formatDateTime(order.placed_at)}</span>
    </span>
    <span class="account-order-side"><bdi class="strong tabular">${formatMoney(order.total)}</bdi><${OrderBadge} order=${order} /></span>
  </li>`;
}
