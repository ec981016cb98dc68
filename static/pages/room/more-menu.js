import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CaptionMenuItems } from '../../components/captions.js';
import { ReadAloudDialog } from '../../components/read-aloud.js';
import { IconButton } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { t } from '../../lib/i18n.js';

/** What is seldom wanted. @param {{ session: import('./show-session.js').ShowSession, onTogether: () => void }} props */
export function MoreMenu({ session, onTogether }) {
  const [isOpen, setOpen] = useState(false);
  const [isReading, read] = useState(false);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const isShown = session.showsStats.value;

  useEffect(() => {
    if (!isOpen) return undefined;
    const item = /** @type {HTMLElement | null} */ (box.current?.querySelector('[role^="menuitem"]'));
    item?.focus();
    const outside = (/** @type {Event} */ event) => !box.current?.contains(/** @type {Node} */ (event.target)) && setOpen(false);
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [isOpen]);

  const leave = () => {
    setOpen(false);
    /** @type {HTMLElement | null} */ (box.current?.querySelector('button'))?.focus();
  };
  const choose = () => {
    session.showsStats.value = !isShown;
    leave();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (!isOpen) return;
    if (event.key === 'Escape') leave();
    else if (!moveFocus(box.current, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<div class="more-menu" ref=${box} onKeyDown=${onKeyDown}>
    <${IconButton} icon="more" kind="video" label=${t('More')} aria-haspopup="menu" aria-expanded=${isOpen ? 'true' : 'false'} onClick=${() => setOpen(!isOpen)} />
    ${isOpen &&
    html`<div class="more-menu-list" role="menu" aria-label=${t('More')}>
      <button type="button" role="menuitem" onClick=${() => (leave(), onTogether())}>
        <span class="more-menu-mark"><${Icon} name="poll" size=${18} /></span><span>${t('Take part')}</span>
      </button>
      <button type="button" role="menuitem" aria-haspopup="dialog" onClick=${() => (leave(), read(true))}>
        <span class="more-menu-mark"><${Icon} name="soundOn" size=${18} /></span><span>${t('Read aloud')}</span>
      </button>
      ${session.state.captions.captions.value.state !== 'off' && html`<${CaptionMenuItems} />`}
      <button type="button" role="menuitemcheckbox" aria-checked=${isShown ? 'true' : 'false'} aria-keyshortcuts="s" onClick=${choose}>
        <span class="more-menu-mark">${isShown && html`<${Icon} name="check" size=${18} />`}</span><span>${t('Statistics')}</span><kbd>S</kbd>
      </button>
    </div>`}
    ${isReading && html`<${ReadAloudDialog} onClose=${() => read(false)} />`}
  </div>`;
}

/** The menu's arrows, after the ARIA pattern; tells whether the key was one of them. @param {HTMLElement | null} box @param {string} key */
function moveFocus(box, key) {
  const items = /** @type {HTMLElement[]} */ ([...(box?.querySelectorAll('[role^="menuitem"]') ?? [])]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: Math.max(at, 0) - 1 + items.length, Home: 0, End: items.length - 1 }[key];
  if (to === undefined || !items.length) return false;
  items[to % items.length].focus();
  return true;
}
