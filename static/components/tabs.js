import { html } from 'htm/preact';
import { useId } from 'preact/hooks';

/**
 * Tabs with the keyboard's arrows, after the ARIA pattern. `children` is the chosen panel's content.
 *
 * @param {{ label: string, tabs: { id: string, title: string, count?: number }[], chosen: string, onChoose: (id: string) => void, children?: any, class?: string }} props
 */
export function Tabs({ label, tabs, chosen, onChoose, children, class: extra = '' }) {
  const id = useId();
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const toNext = getComputedStyle(/** @type {Element} */ (event.currentTarget)).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const step = event.key === toNext ? 1 : -1;
    const at = tabs.findIndex((tab) => tab.id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    onChoose(next.id);
    document.getElementById(`${id}-${next.id}`)?.focus();
  };
  return html`<div class=${`tabs ${extra}`}>
    <div class="tab-list" role="tablist" aria-label=${label} onKeyDown=${onKeyDown}>
      ${tabs.map(
        (tab) => html`<button key=${tab.id} id=${`${id}-${tab.id}`} class="tab" type="button" role="tab" aria-selected=${tab.id === chosen ? 'true' : 'false'}
          aria-controls=${`${id}-panel`} tabindex=${tab.id === chosen ? 0 : -1} onClick=${() => onChoose(tab.id)}>
          ${tab.title}${tab.count ? html`<span class="tab-count tabular">${tab.count}</span>` : null}
        </button>`,
      )}
    </div>
    <div class="tab-panel" role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${chosen}`} tabindex="0">${children}</div>
  </div>`;
}
