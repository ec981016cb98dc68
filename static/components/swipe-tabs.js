import { html } from 'htm/preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/**
 * Tabs whose panels lie side by side: swiping moves between them, and so do the tabs and the arrow keys. Panels out of view
 * are inert.
 *
 * @param {{ label: string, tabs: { id: string, title: string, count?: number, body: any }[], chosen: string, onChoose: (id: string) => void, class?: string }} props
 */
export function SwipeTabs({ label, tabs, chosen, onChoose, class: extra = '' }) {
  const id = useId();
  const track = useRef(/** @type {HTMLElement | null} */ (null));
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const at = Math.max(0, tabs.findIndex((tab) => tab.id === chosen));
  const settled = useRef(at);
  /** Where a scroll of our own is going; the panels it passes on its way are not chosen. */
  const aimed = useRef(/** @type {number | null} */ (null));

  useEffect(() => {
    const box = track.current;
    if (!box || settled.current === at) return;
    settled.current = aimed.current = at;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    scrollToPanel(box, at, isStill ? 'instant' : 'smooth');
  }, [at]);

  // by a swipe too, and where another language has longer words
  useEffect(() => keepInView(list.current, at), [at, tabs.map(({ title }) => title).join()]);

  const onScroll = () => {
    const box = /** @type {HTMLElement} */ (track.current);
    const exact = Math.abs(box.scrollLeft) / box.clientWidth; // negative in right-to-left pages
    const index = Math.round(exact);
    if (aimed.current !== null) {
      if (Math.abs(exact - aimed.current) * box.clientWidth < 1.5) aimed.current = null;
      return;
    }
    if (Math.abs(exact - index) > 0.02 || !tabs[index] || index === settled.current) return;
    settled.current = index;
    onChoose(tabs[index].id);
  };
  /** A person moves the panels: where they stop is what was chosen. */
  const onHand = () => {
    aimed.current = null;
  };
  /** What takes the focus in the middle of our own scroll ends it between two panels, or back at the first: go on. */
  const onScrollEnd = () => {
    const target = aimed.current;
    aimed.current = null; // one correction: whatever else holds the panels elsewhere wins
    if (target !== null) scrollToPanel(/** @type {HTMLElement} */ (track.current), target, 'instant');
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const isRtl = getComputedStyle(/** @type {Element} */ (event.currentTarget)).direction === 'rtl';
    const step = (event.key === 'ArrowRight') !== isRtl ? 1 : -1;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    onChoose(next.id);
    document.getElementById(`${id}-${next.id}`)?.focus();
  };

  return html`<div class=${`swipe ${extra}`}>
    <div class="tab-list" role="tablist" ref=${list} aria-label=${label} onKeyDown=${onKeyDown}>
      ${tabs.map((tab) => html`<button key=${tab.id} id=${`${id}-${tab.id}`} class="tab" type="button" role="tab" aria-selected=${tab.id === chosen ? 'true' : 'false'}
        aria-controls=${`${id}-${tab.id}-panel`} tabindex=${tab.id === chosen ? 0 : -1} onClick=${() => onChoose(tab.id)}>
        ${tab.title}${tab.count ? html`<span class="tab-count tabular">${tab.count}</span>` : null}
      </button>`)}
    </div>
    <div class="swipe-track" ref=${track} onScroll=${onScroll} onPointerDown=${onHand} onWheel=${onHand} onScrollEnd=${onScrollEnd}>
      ${tabs.map((tab) => html`<div key=${tab.id} class="swipe-panel" role="tabpanel" id=${`${id}-${tab.id}-panel`} aria-labelledby=${`${id}-${tab.id}`} tabindex=${tab.id === chosen ? 0 : -1} inert=${tab.id !== chosen}>${tab.body}</div>`)}
    </div>
  </div>`;
}

/**
 * Not scrollIntoView: that would move the page as well, where a panel begins beside its start.
 *
 * @param {HTMLElement} box
 * @param {number} index
 * @param {ScrollBehavior} behavior
 */
function scrollToPanel(box, index, behavior) {
  const [first, panel] = [0, index].map((place) => /** @type {HTMLElement} */ (box.children[place]));
  box.scrollTo({ left: panel.offsetLeft - first.offsetLeft, behavior });
}

/** Bring a tab into the row of them, without moving anything around it. @param {HTMLElement | null} row @param {number} index */
function keepInView(row, index) {
  const tab = row?.children[index];
  if (!row || !tab) return;
  const [around, own] = [row.getBoundingClientRect(), tab.getBoundingClientRect()];
  const past = Math.max(own.right - around.right, 0) || Math.min(own.left - around.left, 0);
  if (past) row.scrollBy({ left: past, behavior: 'instant' });
}
