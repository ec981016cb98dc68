import { html } from 'htm/preact';
import { captionChoice } from '../lib/captions-state.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

/**
 * Lines in a band of their own. Not a live region: whoever cannot see them hears what is said, or has them read aloud.
 *
 * @param {{ lines: { id: string, text: string, locale: string, final?: boolean }[] }} props
 */
export function CaptionBand({ lines }) {
  const { isOn, size } = captionChoice.value;
  if (!isOn || !lines.length) return null;
  return html`<div class=${`captions captions-${size}`} role="group" aria-label=${t('Captions')}>
    ${lines.map(({ id, text, locale, final }) => html`<p key=${id} class=${`caption ${final === false ? 'is-partial' : ''}`} lang=${locale} dir="auto"><span>${text}</span></p>`)}
  </div>`;
}

/** Everybody sees that what is said is written; on a phone the mark alone, its words for readers of screens. @param {{ captions: import('../lib/captions-state.js').Captions }} props */
export function CaptionsBadge({ captions }) {
  if (captions.state === 'off') return null;
  const words = captions.state === 'failed' ? t('Captions have stopped') : captions.remote ? t('What is said is written by {engine}, another service', { engine: captions.engine }) : t('What is said is written as captions');
  return html`<span class="badge badge-video badge-captions" role="status" title=${words}><${Icon} name="captions" size=${15} /><span class="badge-captions-label" aria-hidden="true">${t('Captions')}</span><span class="sr-only">${words}</span></span>`;
}

/** The switch and the sizes, as items of a menu. @param {{ onChosen?: () => void }} props */
export function CaptionMenuItems({ onChosen }) {
  const { isOn, size } = captionChoice.value;
  const choose = (/** @type {Partial<import('../lib/captions-state.js').CaptionChoice>} */ change) => {
    captionChoice.value = { ...captionChoice.value, ...change };
    onChosen?.();
  };
  const sizes = /** @type {const} */ ([['s', t('Small captions')], ['m', t('Medium captions')], ['l', t('Large captions')]]);
  return html`<button type="button" role="menuitemcheckbox" aria-checked=${isOn ? 'true' : 'false'} onClick=${() => choose({ isOn: !isOn })}>
      <span class="more-menu-mark">${isOn && html`<${Icon} name="check" size=${18} />`}</span><span>${t('Captions')}</span>
    </button>
    ${isOn &&
    sizes.map(
      ([value, label]) => html`<button key=${value} type="button" role="menuitemradio" aria-checked=${size === value ? 'true' : 'false'} onClick=${() => choose({ size: value })}>
        <span class="more-menu-mark">${size === value && html`<${Icon} name="check" size=${18} />`}</span><span>${label}</span>
      </button>`,
    )}`;
}

/** One button that shows or hides them. */
export function CaptionSwitch() {
  const { isOn } = captionChoice.value;
  return html`<${Button} icon="captions" class="button-glass" size="s" aria-pressed=${isOn ? 'true' : 'false'} onClick=${() => (captionChoice.value = { ...captionChoice.value, isOn: !isOn })}>${t('Captions')}<//>`;
}
