import { signal } from '@preact/signals';
import { html } from 'htm/preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { announce } from '../lib/announce.js';
import { Icon } from './icon.js';

/** @typedef {{ id: number, text: string, kind: 'info'|'good'|'bad', action?: { label: string, onClick: () => void } }} Toast */

/** @type {import('@preact/signals').Signal<Toast[]>} */
const toasts = signal([]);
let lastId = 0;

/**
 * A short word at the edge of the page that goes by itself; errors stay longer. Also read out.
 *
 * @param {string} text
 * @param {{ kind?: Toast['kind'], action?: Toast['action'] }} [options]
 */
export function toast(text, { kind = 'info', action } = {}) {
  const id = ++lastId;
  toasts.value = [...toasts.value.filter((other) => other.text !== text), { id, text, kind, action }].slice(-3);
  announce(text, kind === 'bad' ? 'assertive' : 'polite');
  setTimeout(() => dismiss(id), kind === 'bad' || action ? 8_000 : 4_000);
}

/** @param {number} id */
function dismiss(id) {
  toasts.value = toasts.value.filter((other) => other.id !== id);
}

export function ToastHost() {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const newest = toasts.value.at(-1)?.id;
  // in the browser's top layer, above a dialog that opened before
  useLayoutEffect(() => {
    const host = /** @type {HTMLElement} */ (ref.current);
    if (!host.showPopover) return;
    if (host.matches(':popover-open')) host.hidePopover();
    if (newest) host.showPopover();
  }, [newest]);
  return html`<div class="toasts" ref=${ref} popover="manual">
    ${toasts.value.map(
      ({ id, text, kind, action }) => html`<div key=${id} class=${`toast toast-${kind}`}>
        ${kind !== 'info' && html`<${Icon} name=${kind === 'good' ? 'check' : 'alert'} size=${20} />`}
        <span class="grow">${text}</span>
        ${action && html`<button type="button" class="toast-action" onClick=${() => (dismiss(id), action.onClick())}>${action.label}</button>`}
      </div>`,
    )}
  </div>`;
}
