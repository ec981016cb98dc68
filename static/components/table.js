import { html } from 'htm/preact';

/**
 * A table that becomes cards on phones (each cell shows its column's title).
 *
 * @template T
 * @param {{ caption: string, columns: { id: string, title: string, cell: (row: T) => any, numeric?: boolean }[], rows: T[], keyOf: (row: T) => string,
 *   onOpen?: (row: T) => void, empty?: any }} props `onOpen` makes rows clickable; give the first cell a real button or link for the keyboard
 */
export function DataTable({ caption, columns, rows, keyOf, onOpen, empty }) {
  if (!rows.length) return empty ?? null;
  return html`<table class="table">
    <caption class="sr-only">${caption}</caption>
    <thead><tr>${columns.map((column) => html`<th key=${column.id} scope="col" class=${column.numeric ? 'is-numeric' : ''}>${column.title}</th>`)}</tr></thead>
    <tbody>
      ${rows.map(
        (row) => html`<tr key=${keyOf(row)} class=${onOpen ? 'is-clickable' : ''} onClick=${onOpen && ((/** @type {any} */ event) => (event.currentTarget.querySelector('button, a[href]')?.focus({ preventScroll: true }), onOpen(row)))}>
          ${columns.map((column) => html`<td key=${column.id} data-title=${column.title} class=${column.numeric ? 'is-numeric tabular' : ''}>${column.cell(row)}</td>`)}
        </tr>`,
      )}
    </tbody>
  </table>`;
}
