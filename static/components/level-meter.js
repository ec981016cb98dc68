import { html } from 'htm/preact';

/** A loudness meter. @param {{ level: number, label: string }} props `level` from 0 to 1 */
export function LevelMeter({ level, label }) {
  return html`<div class="meter" role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(level * 100)}>
    ${Array.from({ length: 16 }, (_, i) => html`<span key=${i} class=${`meter-bar ${level * 16 > i ? 'is-on' : ''} ${i > 13 ? 'is-loud' : ''}`} />`)}
  </div>`;
}
