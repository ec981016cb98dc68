import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { t, tn } from '../../lib/i18n.js';

const SHOWN_MS = 4_500;

/**
 * Purchases by others as one quiet line, gathered when many come at once.
 *
 * @param {{ session: import('./show-session.js').ShowSession }} props
 */
export function PurchaseLine({ session }) {
  const purchases = session.purchases.value;
  const [seen, setSeen] = useState(purchases.at(-1)?.key ?? 0);
  const fresh = purchases.filter((purchase) => purchase.key > seen);
  const last = fresh.at(-1);

  useEffect(() => {
    if (!last) return undefined;
    const timer = setTimeout(() => setSeen(last.key), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [last?.key]);

  const units = fresh.reduce((sum, purchase) => sum + purchase.units, 0);
  const words = !last ? '' : fresh.length === 1 ? t('{name} bought {units}', { name: last.name, units: last.units }) : tn('{n} item was just bought', '{n} items were just bought', units);
  return html`<div class="purchase-place" role="status">
    ${last && html`<p key=${last.key} class="purchase-line"><${Icon} name="bag" size=${16} /><bdi>${words}</bdi></p>`}
  </div>`;
}
