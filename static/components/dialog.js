import { html } from 'htm/preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { IconButton } from './button.js';

/** What the keyboard reaches. */
const CONTROLS = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

/** What an element is in, from near to far, as far as the page's main part. @param {Element | null} element */
function around(element) {
  const found = [];
  for (let one = element?.parentElement; one && !one.matches('main, #app, body'); one = one.parentElement) found.push(one);
  return found;
}

/**
 * The focus back to who opened a dialog; where the answer took them away ("Stop" of what runs no more), to the first
 * control that stands where they stood.
 *
 * @param {Element | null} opener
 * @param {Element[]} places what the opener was in
 */
function giveBack(opener, places) {
  const focus = (/** @type {Element | null | undefined} */ one) => {
    if (one instanceof HTMLElement && one.isConnected) one.focus({ preventScroll: true });
    return Boolean(one) && document.activeElement === one;
  };
  if (focus(opener)) return;
  places.filter((place) => place.isConnected).some((place) => [...place.querySelectorAll(CONTROLS)].some(focus));
}

/**
 * A modal dialog on the platform's own <dialog>: focus is trapped, Escape closes, focus returns to where it was.
 * It is open while it is drawn; draw it conditionally and take it away in `onClose`.
 *
 * `shape="sheet"` comes from the bottom on phones and stands at the side on desktops, so what is behind stays in view.
 *
 * @param {{ title: string, onClose: () => void, shape?: 'dialog'|'sheet', size?: 'm'|'l', class?: string, footer?: any, children?: any,
 *   onBack?: () => void }} props
 */
export function Dialog({ title, onClose, shape = 'dialog', size = 'm', class: extra = '', footer, children, onBack }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const titleId = useId();

  useEffect(() => {
    const dialog = /** @type {HTMLDialogElement} */ (ref.current);
    const opener = document.activeElement;
    const places = around(opener);
    dialog.showModal();
    return () => {
      dialog.close();
      giveBack(opener, places);
    };
  }, []);

  const onCancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose();
  };
  // A browser closes it by itself when Escape is pressed again and again; who has not taken it away keeps it open.
  const onClosed = () => ref.current?.isConnected && !ref.current.open && ref.current.showModal();
  const onBackdrop = (/** @type {MouseEvent} */ event) => event.target === ref.current && onClose();

  return html`<dialog ref=${ref} class=${`dialog dialog-${shape} dialog-${size} ${extra}`} aria-labelledby=${titleId} onCancel=${onCancel} onClose=${onClosed} onMouseDown=${onBackdrop}>
    <div class="dialog-box">
      <header class="dialog-head">
        ${onBack && html`<${IconButton} icon="back" label=${t('Back')} onClick=${onBack} />`}
        <h2 id=${titleId} class="dialog-title" tabindex="-1" autofocus>${title}</h2>
        <${IconButton} icon="close" label=${t('Close')} onClick=${onClose} />
      </header>
      <div class="dialog-body">${children}</div>
      ${footer && html`<footer class="dialog-foot">${footer}</footer>`}
    </div>
  </dialog>`;
}

/** @param {Omit<Parameters<typeof Dialog>[0], 'shape'>} props */
export const Sheet = (props) => html`<${Dialog} ...${props} shape="sheet" />`;
