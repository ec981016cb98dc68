import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { AccountGate } from '../components/account-gate.js';
import { Header } from '../components/header.js';
import { Glossary } from '../components/glossary.js';
import { TranslationReports } from '../components/translation-reports.js';
import { Icon } from '../components/icon.js';
import { ErrorState } from '../components/states.js';
import { useLoad } from '../components/use-load.js';
import { listAll } from '../lib/api.js';
import { t } from '../lib/i18n.js';
import { me } from '../lib/session.js';
import { ApiKeys } from './desk/api-keys.js';
import { CheckoutHooks } from './desk/checkout-hooks.js';
import { Coupons } from './desk/coupons.js';
import { OpenShop } from './desk/open-shop.js';
import { Orders } from './desk/orders.js';
import { PickupPlaces } from './desk/pickup-places.js';
import { ListSkeleton, Products } from './desk/products.js';
import { Recordings } from './desk/recordings.js';
import { Reports } from './desk/reports.js';
import { StoreWording } from './desk/store-wording.js';
import { GoodsRules, StoreTerms } from './desk/terms.js';
import { Webhooks } from './desk/webhooks.js';

/** @typedef {import('../lib/types.js').Store} Store */

export default function DeskPage() {
  return html`<${Header} current="desk" /><${AccountGate} page=${Desk} skeleton=${html`<${ListSkeleton} />`} />`;
}

const SECTIONS = /** @type {const} */ (['products', 'orders', 'reports', 'recordings', 'languages', 'settings']);

function Desk() {
  const { data: stores, error, reload, set } = useLoad(() => /** @type {Promise<Store[]>} */ (listAll('/stores')), []);
  const [chosenId, choose] = useState(() => localStorage.getItem('livehub.store') ?? '');
  const section = useSection();
  const store = stores?.find((other) => other.id === chosenId) ?? stores?.[0];
  useEffect(() => {
    document.querySelector('.desk-nav-link[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [section, store?.id]);

  const onOpened = (/** @type {Store} */ opened) => {
    set((/** @type {Store[] | null} */ list) => [...(list ?? []), opened]);
    if (me.value) me.value = { ...me.value, stores: [...(me.value.stores ?? []), opened] };
    window.location.hash = '#products';
  };
  const onChoose = (/** @type {any} */ event) => {
    choose(event.currentTarget.value);
    localStorage.setItem('livehub.store', event.currentTarget.value);
  };

  if (error && !stores) return html`<main id="main" class="page"><${ErrorState} error=${error} onRetry=${reload} /></main>`;
  if (!stores) return html`<main id="main" class="page"><${ListSkeleton} /></main>`;
  if (!store) return html`<main id="main" class="page page-narrow"><${OpenShop} onOpened=${onOpened} /></main>`;
  return html`<main id="main" class="page desk">
    <header class="desk-head">
      <h1 class="desk-title"><bdi>${store.title}</bdi></h1>
      ${stores.length > 1 && html`<label class="desk-store"><span class="sr-only">${t('Shop')}</span>
        <select class="input input-select" value=${store.id} onChange=${onChoose}>${stores.map((other) => html`<option key=${other.id} value=${other.id}>${other.title}</option>`)}</select>
      </label>`}
      <nav class="desk-nav" aria-label=${t('Shop desk')}>
        ${SECTIONS.map((id) => html`<a key=${id} class="desk-nav-link" href=${`#${id}`} aria-current=${id === section ? 'page' : undefined}>
          <${Icon} name=${{ products: /** @type {const} */ ('bag'), orders: /** @type {const} */ ('truck'), reports: /** @type {const} */ ('poll'), recordings: /** @type {const} */ ('record'), languages: /** @type {const} */ ('globe'), settings: /** @type {const} */ ('settings') }[id]} size=${20} />${sectionName(id)}
        </a>`)}
      </nav>
    </header>
    ${section === 'products' && html`<${Products} key=${store.id} store=${store} />`}
    ${section === 'orders' && html`<${Orders} key=${store.id} store=${store} />`}
    ${section === 'reports' && html`<${Reports} key=${store.id} store=${store} />`}
    ${section === 'recordings' && html`<${Recordings} />`}
    ${section === 'languages' && html`<div class="desk-settings" key=${store.id}>
      <${StoreWording} store=${store} />
      <${Glossary} at=${`/stores/${store.id}`} hint=${t('Holds in every show of this shop, for chat, captions and products. Words of trade are there already.')} />
      <${TranslationReports} at=${`/stores/${store.id}`} />
    </div>`}
    ${section === 'settings' && html`<div class="desk-settings"><${StoreTerms} key=${`terms-${store.id}`} store=${store} /><${PickupPlaces} key=${`places-${store.id}`} store=${store} /><${GoodsRules} key=${`rules-${store.id}`} store=${store} /><${Coupons} key=${`coupons-${store.id}`} store=${store} /><${CheckoutHooks} key=${`hooks-${store.id}`} store=${store} /><${ApiKeys} /><${Webhooks} key=${store.id} store=${store} /></div>`}
  </main>`;
}

/** @param {typeof SECTIONS[number]} id */
const sectionName = (id) => ({ products: t('Products'), orders: t('Orders'), reports: t('Reports'), recordings: t('Recordings'), languages: t('Languages'), settings: t('Settings') })[id];

/** The part of the desk that the address names. @returns {typeof SECTIONS[number]} */
function useSection() {
  const read = () => SECTIONS.find((id) => window.location.hash === `#${id}`) ?? 'products';
  const [section, setSection] = useState(read);
  useEffect(() => {
    const onChange = () => {
      setSection(read());
      window.scrollTo(0, 0);
    };
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);
  return section;
}
