import { html } from 'htm/preact';
import { Button } from '../../components/button.js';
import { formatTime, stockWords } from '../../lib/format.js';
import { t } from '../../lib/i18n.js';
import { useAvailability } from './use-availability.js';

/**
 * The one button of an offer, saying why when it cannot be pressed.
 *
 * @param {{ words?: import('../../components/said.js').Words, offer: import('../../lib/types.js').Offer, onBuy: (offer: string) => void, kind?: 'primary'|'video'|'secondary', size?: 's'|'m' }} props
 */
export function BuyButton({ words, offer, onBuy, kind = 'primary', size = 'm' }) {
  const state = useAvailability(offer);
  const labels = {
    open: offer.donation ? t('Give') : t('Buy now'),
    soon: t('From {time}', { time: offer.starts_at ? formatTime(offer.starts_at) : '' }),
    over: t('Over'),
    sold_out: stockWords(0),
  };
  return html`<${Button} kind=${state === 'open' ? kind : 'secondary'} size=${size} disabled=${state !== 'open'} class="buy" onClick=${() => onBuy(offer.id)}>
    ${labels[state]}${state === 'open' && html`<span class="sr-only">: ${words?.of(offer.title)?.text ?? offer.title}</span>`}<//>`;
}
