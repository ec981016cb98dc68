import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { request } from '../lib/api.js';
import { canCheck, checkDraw } from '../lib/draw-check.js';
import { t, tn } from '../lib/i18n.js';
import { Button } from './button.js';
import { Icon } from './icon.js';
import { refusalText } from './refusal.js';
import { Said } from './said.js';
import { toast } from './toast.js';

/** @typedef {import('../lib/interaction-state.js').InteractionState} InteractionState */
/** @typedef {import('../lib/interaction-state.js').Draw} Draw */

/**
 * A lucky draw: how to enter, how many have, who won, and the way to check it.
 *
 * @param {{ together: InteractionState, words?: import('./said.js').Words, room: string, mayEnter: boolean }} props
 */
export function DrawView({ together, words, room, mayEnter }) {
  const draw = /** @type {Draw} */ (together.draw.value);
  const [isBusy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    await together.enter().catch((error) => toast(refusalText(error), { kind: 'bad' }));
    setBusy(false);
  };
  const place = together.myPlace.value;
  return html`<section class="draw" aria-label=${t('Lucky draw')}>
    <h4 class="draw-title" dir="auto"><${Icon} name="gift" size=${20} /> <${Said} words=${words} text=${draw.title} /></h4>
    <p class="muted small">${tn('{n} winner is drawn', '{n} winners are drawn', draw.places)} · <span role="status">${tn('{n} entry', '{n} entries', draw.entries)}</span></p>
    ${draw.state === 'open' && draw.keyword && mayEnter && html`<p>${t('You can also enter by writing “{word}” in the chat.', { word: draw.keyword })}</p>`}
    ${draw.state === 'open' && mayEnter && !together.myTicket.value && html`<${Button} kind="primary" busy=${isBusy} onClick=${enter}>${t('Enter the draw')}<//>`}
    ${['open', 'closed'].includes(draw.state) && together.myTicket.value && html`<p class="note note-good" role="status"><${Icon} name="check" size=${18} /> ${t('You are in. Good luck!')}</p>`}
    ${draw.state === 'closed' && html`<p>${t('Entries are closed. The winners are drawn next.')}</p>`}
    ${draw.state === 'cancelled' && html`<p>${t('This draw was called off.')}</p>`}
    ${draw.state === 'drawn' && !draw.winners.length && html`<p>${t('Nobody entered, so nobody won.')}</p>`}
    ${place > 0 && html`<p class="note note-good draw-won" role="alert">${t('You won! The host will be in touch.')}</p>`}
    ${draw.winners.length > 0 && html`<ol class="draw-winners" aria-label=${t('Winners')}>
      ${draw.winners.map((winner) => html`<li key=${winner.place}><bdi>${winner.display_name}</bdi></li>`)}
    </ol>`}
    <${Fairness} draw=${draw} room=${room} ticket=${together.myTicket.value} />
  </section>`;
}

/** What was promised, and whether it was kept. @param {{ draw: Draw, room: string, ticket: string | null }} props */
function Fairness({ draw, room, ticket }) {
  const [found, setFound] = useState(/** @type {Awaited<ReturnType<typeof checkDraw>> | null} */ (null));
  const [isBusy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    try {
      const list = await request('GET', `/rooms/${encodeURIComponent(room)}/draws/${draw.id}/entries`, { headers: { Accept: 'text/plain' } });
      setFound(await checkDraw(draw, new Uint8Array(await list.arrayBuffer()), ticket));
    } catch (error) {
      toast(refusalText(error), { kind: 'bad' });
    }
    setBusy(false);
  };
  const line = (/** @type {boolean} */ isRight, /** @type {string} */ text) => html`<li class=${isRight ? 'is-right' : 'is-wrong'}><${Icon} name=${isRight ? 'check' : 'close'} size=${18} /> ${text}</li>`;
  return html`<details class="draw-fair">
    <summary>${t('How this draw is fair')}</summary>
    <p class="small">${t('The server chose a secret number before anybody entered and published its fingerprint. After entries close, the list of tickets is published, then the number. Both decide who wins, and anybody can work it out again.')}</p>
    <dl class="draw-facts">
      <dt>${t('Fingerprint of the secret number')}</dt><dd><code dir="ltr">${draw.commitment}</code></dd>
      ${draw.entries_digest && html`<dt>${t('Fingerprint of the list')}</dt><dd><code dir="ltr">${draw.entries_digest}</code></dd>`}
      ${draw.seed && html`<dt>${t('Secret number')}</dt><dd><code dir="ltr">${draw.seed}</code></dd>`}
      ${ticket && html`<dt>${t('Your ticket')}</dt><dd><code dir="ltr">${ticket}</code></dd>`}
    </dl>
    ${draw.state === 'drawn' && (canCheck() ? html`<${Button} size="s" busy=${isBusy} onClick=${check}>${t('Check this draw')}<//>` : html`<p class="small">${t('This browser checks draws on pages with https only.')}</p>`)}
    ${found && html`<ul class="draw-check" role="status">
      ${line(found.isSeedAsPromised, found.isSeedAsPromised ? t('The number is the one that was promised.') : t('The number is not the one that was promised.'))}
      ${line(found.isListAsPublished, found.isListAsPublished ? t('The list is the one that was published.') : t('The list is not the one that was published.'))}
      ${line(found.areWinnersRight, found.areWinnersRight ? t('The winners follow from both.') : t('The winners do not follow from them.'))}
      ${found.amIn !== null && line(found.amIn, found.amIn ? t('Your ticket is in the list.') : t('Your ticket is not in the list.'))}
    </ul>`}
  </details>`;
}
