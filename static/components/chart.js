import { html } from 'htm/preact';
import { t } from '../lib/i18n.js';
import { heightsOf, niceTop } from '../lib/chart-scale.js';
import { DataTable } from './table.js';

/** @typedef {{ key: string, label: string, value: number }} Point */

/**
 * One row of figures as bars or as a line, and the same figures as a table for whoever does not see or trust a picture.
 * The shapes have no text: names and numbers around them are HTML, so they grow with the reader's type and are turned by the page.
 *
 * @param {{ title: string, points: Point[], format: (value: number) => string, kind?: 'bars'|'line', labelTitle: string, marked?: string }} props
 *   `labelTitle` heads the column of the points' names; `marked` is the key of a point to set off
 */
export function Chart({ title, points, format, kind = 'bars', labelTitle, marked }) {
  const top = niceTop(points.map(({ value }) => value));
  const most = points.reduce((/** @type {Point | null} */ best, point) => (!best || point.value > best.value ? point : best), null);
  if (!most) return null;
  const summary = t('{title}: most {value}, at {when}', { title, value: format(most.value), when: most.label });
  return html`<figure class="chart">
    <figcaption class="chart-title">${title}</figcaption>
    <div class="chart-frame">
      <div class="chart-scale tabular" aria-hidden="true"><bdi>${format(top)}</bdi><bdi>${format(top / 2)}</bdi><bdi>${format(0)}</bdi></div>
      <svg class="chart-shape" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=${summary}>
        ${[0, 50, 100].map((y) => html`<line key=${y} class="chart-grid" x1="0" x2="100" y1=${y} y2=${y} />`)}
        ${kind === 'line' ? html`<${Line} points=${points} top=${top} />` : html`<${Bars} points=${points} top=${top} format=${format} marked=${marked} />`}
      </svg>
      <div class="chart-labels tabular" aria-hidden="true">${edges(points).map((point) => html`<bdi key=${point.key}>${point.label}</bdi>`)}</div>
    </div>
    <details class="chart-data">
      <summary>${t('As a table')}</summary>
      <${DataTable} caption=${title} rows=${points} keyOf=${(/** @type {Point} */ point) => point.key} columns=${[
        { id: 'label', title: labelTitle, cell: (/** @type {Point} */ point) => html`<bdi>${point.label}</bdi>` },
        { id: 'value', title, numeric: true, cell: (/** @type {Point} */ point) => html`<bdi>${format(point.value)}</bdi>` },
      ]} />
    </details>
  </figure>`;
}

/** @param {{ points: Point[], top: number, format: (value: number) => string, marked?: string }} props */
function Bars({ points, top, format, marked }) {
  const wide = 100 / points.length;
  const gap = points.length > 120 ? 0 : Math.min(wide * 0.25, 2);
  return heightsOf(points, top).map((high, at) => html`<rect key=${points[at].key} class=${`chart-bar ${points[at].key === marked ? 'is-marked' : ''}`}
    x=${at * wide + gap / 2} y=${100 - high} width=${wide - gap} height=${high}><title>${points[at].label}: ${format(points[at].value)}</title></rect>`);
}

/** @param {{ points: Point[], top: number }} props */
function Line({ points, top }) {
  const heights = heightsOf(points, top);
  const x = (/** @type {number} */ at) => (points.length > 1 ? (at * 100) / (points.length - 1) : 50);
  const path = heights.map((high, at) => `${x(at).toFixed(2)},${(100 - high).toFixed(2)}`).join(' ');
  if (points.length === 1) return html`<line class="chart-line" x1="0" x2="100" y1=${100 - heights[0]} y2=${100 - heights[0]} />`;
  return html`<polygon class="chart-area" points=${`0,100 ${path} 100,100`} /><polyline class="chart-line" points=${path} />`;
}

/** As many names as find place on a phone. @param {Point[]} points */
const edges = (points) => (points.length < 3 ? points : [points[0], points[Math.floor((points.length - 1) / 2)], points[points.length - 1]]);
