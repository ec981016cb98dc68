import { html } from 'htm/preact';
import { Badge } from '../../components/badge.js';
import { IconButton } from '../../components/button.js';
import { Countdown } from '../../components/countdown.js';
import { refusalText } from '../../components/refusal.js';
import { toast } from '../../components/toast.js';
import { t, tn } from '../../lib/i18n.js';

/** Who claimed what, and who waits. @param {{ session: import('./session.js').StudioSession }} props */
export function ClaimsList({ session }) {
  const claims = session.claims.live.value;
  if (!claims.length) return null;
  const release = (/** @type {string} */ id) => session.claims.release(id).catch((error) => toast(refusalText(error), { kind: 'bad' }));
  return html`<section class="claims" aria-label=${t('Claims')}>
    <h3 class="studio-h2">${t('Claims')}</h3>
    <ul class="order-feed">
      ${claims.map((claim) => html`<li key=${claim.id} class="row feed-row">
        <span class="grow"><bdi class="strong">${claim.buyer.display_name}</bdi> <bdi class="muted small">${t('{quantity} × {title}', { quantity: claim.quantity || claim.wanted, title: claim.title })}</bdi></span>
        ${claim.state === 'waiting'
          ? html`<${Badge}>${claim.ahead ? tn('{n} before', '{n} before', claim.ahead) : t('Next in line')}<//>`
          : html`<${Badge} tone="warn"><${Countdown} until=${claim.expires_at ?? ''} /><//>`}
        <${IconButton} icon="close" label=${t('Release the claim of {name}', { name: claim.buyer.display_name })} onClick=${() => release(claim.id)} />
      </li>`)}
    </ul>
  </section>`;
}
