import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Button, IconButton } from '../../components/button.js';
import { Countdown } from '../../components/countdown.js';
import { Icon } from '../../components/icon.js';
import { errorText } from '../../components/states.js';
import { toast } from '../../components/toast.js';
import { useSaid } from '../../components/said.js';
import { t, tn } from '../../lib/i18n.js';

/** @typedef {import('../../lib/types.js').Claim} Claim */
/** @typedef {import('./show-session.js').ShowSession} ShowSession */

/** What is kept for me, and for what I wait. @param {{ session: ShowSession, onBuy: (offer: string) => void }} props */
export function ClaimCards({ session, onBuy }) {
  return html`${session.claims.mine.value.map((claim) => html`<${ClaimCard} key=${claim.id} session=${session} claim=${claim} onBuy=${onBuy} />`)}`;
}

/** @param {{ session: ShowSession, claim: Claim, onBuy: (offer: string) => void }} props */
function ClaimCard({ session, claim, onBuy }) {
  const waits = claim.state === 'waiting';
  const leave = () => session.claims.release(claim.id).catch((error) => toast(errorText(error), { kind: 'bad' }));
  const title = session.state.words.plain(claim.title);
  const { shown, lang, mark } = useSaid(session.state.words, claim.title);
  return html`<div class="coupon claim" role="group" aria-label=${t('Claim: {title}', { title })}>
    <${Icon} name=${waits ? 'clock' : 'check'} size=${20} />
    <span class="grow claim-text"><span><strong><bdi lang=${lang}>${claim.quantity > 1 ? t('{quantity} × {title}', { quantity: claim.quantity, title: shown }) : shown}</bdi></strong>${mark}</span>
      <span class="muted small">${waits
        ? claim.ahead ? tn('{n} before you in line', '{n} before you in line', claim.ahead) : t('You are next in line')
        : html`${claim.state === 'held' ? t('Kept for you') : t('Yours if you pay first')}${claim.quantity < claim.wanted ? html` · ${tn('only {n} left', 'only {n} left', claim.quantity)}` : ''} · <${Countdown} until=${claim.expires_at ?? ''} />`}</span></span>
    ${!waits && html`<${Button} size="s" kind="primary" onClick=${() => onBuy(claim.offer)}>${t('Order now')}<//>`}
    <${IconButton} icon="close" label=${waits ? t('Leave the line for {title}', { title }) : t('Give {title} back', { title })} onClick=${leave} />
  </div>`;
}

/**
 * How an offer is claimed, in words and as a button; nothing where it is not, or while a claim of mine runs.
 *
 * @param {{ session: ShowSession, offer: import('../../lib/types.js').Offer, isSoldOut: boolean }} props
 */
export function ClaimButton({ session, offer, isSoldOut }) {
  const [isBusy, setBusy] = useState(false);
  if (!offer.claim || session.claims.of(offer.id)) return null;
  const claim = async () => {
    setBusy(true);
    await session.claims.claim(offer.id).catch((error) => toast(errorText(error), { kind: 'bad' }));
    setBusy(false);
  };
  return html`<${Button} size="s" busy=${isBusy} class="claim-button" onClick=${claim}>${isSoldOut ? t('Wait in line') : t('Claim')}<span class="sr-only">: ${session.state.words.plain(offer.title)}</span><//>`;
}

/** "Write SOLD 12 in the chat to claim it". @param {{ session: ShowSession, offer: import('../../lib/types.js').Offer }} props */
export const ClaimWords = ({ session, offer }) => offer.claim && !session.claims.of(offer.id) ? html`<span class="muted small">${t('Write “{word}” in the chat to claim it', { word: offer.claim.word.toUpperCase() })}</span>` : null;

/** What a bundle consists of. @param {{ words?: import('../../components/said.js').Words, parts?: { offer: string, quantity: number, title: string, variant_title: string }[] }} props */
export const PartWords = ({ words, parts }) => {
  const said = (/** @type {string} */ text) => words?.of(text)?.text ?? text;
  return parts?.length
    ? html`<span class="muted small">${parts.map((part, at) => html`${at ? ' + ' : ''}<bdi key=${part.offer}>${t('{quantity} × {title}', { quantity: part.quantity, title: [part.title, part.variant_title].filter(Boolean).map(said).join(', ') })}</bdi>`)}</span>`
    : null;
};
