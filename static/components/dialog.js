import { html } from 'htm/preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../lib/i18n.js';
import { IconButton } from './button.js';
import { rememberOpener } from './give-back.js';

/** Whether somebody else has the focus already, such as a dialog that comes after. The opener has it, if they are there. */
const hasFocus = () => Boolean(document.activeElement?.matches(':not(body)'));

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
    const giveBack = rememberOpener(document.activeElement);
    dialog.showModal();
    return () => {
      dialog.close();
      // what is drawn together with this, the opener's row perhaps, is drawn first
      queueMicrotask(() => hasFocus() || giveBack());
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
