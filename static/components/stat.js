import { html } from 'htm/preact';

/** One figure with its name. @param {{ label: string, value: any, note?: any, tone?: 'good'|'warn'|'bad' }} props */
export function Stat({ label, value, note, tone }) {
  return html`<div class=${`stat ${tone ? `stat-${tone}` : ''}`}>
    <span class="stat-label">${label}</span>
    <span class="stat-value tabular">${value}</span>
    ${note && html`<span class="stat-note">${note}</span>`}
  </div>`;
}
