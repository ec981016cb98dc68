import { html } from 'htm/preact';
import { Icon } from './icon.js';

/**
 * @typedef {{ kind?: 'primary'|'secondary'|'quiet'|'danger'|'video', size?: 's'|'m'|'l', wide?: boolean, busy?: boolean, disabled?: boolean,
 *   href?: string, icon?: import('./icon.js').IconName, type?: 'button'|'submit', class?: string, onClick?: (event: any) => void,
 *   children?: any, [attribute: string]: any }} ButtonProps
 */

/** Of a button that works: it cannot be pressed again, and unlike a disabled one keeps the focus of whoever pressed it. */
const BUSY = { 'aria-busy': true, 'aria-disabled': 'true', onClick: (/** @type {Event} */ event) => event.preventDefault() };

/**
 * A button, or a link that looks like one when `href` is given. While `busy` it keeps its width and cannot be pressed again.
 *
 * @param {ButtonProps} props
 */
export function Button({ kind = 'secondary', size = 'm', wide, busy, disabled, href, icon, type = 'button', class: extra = '', children, ...rest }) {
  const classes = `button button-${kind} button-${size} ${wide ? 'button-wide' : ''} ${busy ? 'is-busy' : ''} ${extra}`;
  const inside = html`${icon && html`<${Icon} name=${icon} size=${size === 's' ? 18 : 20} />`}<span class="button-label">${children}</span>${busy &&
  html`<span class="spinner" aria-hidden="true" />`}`;
  if (href && !disabled) return html`<a class=${classes} href=${href} ...${rest}>${inside}</a>`;
  return html`<button class=${classes} type=${type} disabled=${disabled} ...${rest} ...${busy && BUSY}>${inside}</button>`;
}

/**
 * A round button of 44 px with an icon; `label` is its accessible name. The style draws the badge, whose number the label says in
 * words of its own ("one product" in Arabic), so that no text of the button is missing from its name.
 *
 * @param {{ icon: import('./icon.js').IconName, label: string, kind?: 'quiet'|'video'|'solid', badge?: string|number, href?: string, busy?: boolean,
 *   class?: string, [attribute: string]: any }} props
 */
export function IconButton({ icon, label, kind = 'quiet', badge, href, busy, class: extra = '', ...rest }) {
  const classes = `icon-button icon-button-${kind} ${extra}`;
  const inside = html`<${Icon} name=${icon} />${badge ? html`<span class="icon-button-badge tabular" data-badge=${badge} aria-hidden="true"></span>` : null}`;
  if (href) return html`<a class=${classes} href=${href} aria-label=${label} title=${label} ...${rest}>${inside}</a>`;
  return html`<button class=${classes} type="button" aria-label=${label} title=${label} ...${rest} ...${busy && BUSY}>${inside}</button>`;
}
