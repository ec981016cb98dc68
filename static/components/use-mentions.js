import { html } from 'htm/preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { announce } from '../lib/announce.js';
import { t, tn } from '../lib/i18n.js';
import { completed, mentionedIn, typedName } from '../lib/mentions.js';

/** @typedef {import('../lib/mentions.js').Person} Person */

const PAUSE_MS = 150;

/**
 * Names completed in a message field: `@` and the beginning opens a list, arrows and Enter or Tab choose, Escape closes it.
 *
 * @param {{ field: { current: HTMLTextAreaElement | null }, text: string, setText: (text: string) => void, find?: (prefix: string) => Promise<Person[]> }} props
 */
export function useMentions({ field, text, setText, find }) {
  const [people, setPeople] = useState(/** @type {Person[]} */ ([]));
  const [active, setActive] = useState(0);
  /** What was typed when somebody closed the list: it stays closed until something else is. */
  const [closedAt, setClosedAt] = useState('');
  const chosen = useRef(/** @type {Person[]} */ ([]));
  const listId = useId();
  const caret = () => field.current?.selectionStart ?? text.length;
  const typed = find ? typedName(text, caret()) : null;
  const prefix = typed?.prefix ?? null;
  const isOpen = typed !== null && people.length > 0 && closedAt !== text;

  useEffect(() => {
    if (prefix === null || !find) {
      setPeople([]);
      return undefined;
    }
    let isGone = false;
    const timer = setTimeout(async () => {
      const found = await find(prefix);
      if (isGone) return;
      setPeople(found);
      setActive(0);
      if (found.length) announce(tn('{n} name fits. Arrows choose, Enter takes it.', '{n} names fit. Arrows choose, Enter takes one.', found.length));
    }, PAUSE_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [prefix]);

  const take = (/** @type {Person} */ person) => {
    const place = typedName(text, caret());
    if (!place) return;
    const next = completed(text, place.start, caret(), person.display_name);
    chosen.current = [...chosen.current, person];
    setText(next.text);
    setPeople([]);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(next.caret, next.caret);
    });
  };
  /** @param {KeyboardEvent} event @returns {boolean} whether the key was for the list */
  const onKeyDown = (event) => {
    if (!isOpen || event.isComposing) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) setActive((active + steps[/** @type {keyof typeof steps} */ (event.key)] + people.length) % people.length);
    else if (event.key === 'Enter' || event.key === 'Tab') take(people[active]);
    else if (event.key === 'Escape') setClosedAt(text);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  return {
    onKeyDown,
    /** What the sent text mentions. @param {string} line @returns {Person[]} */
    mentioned: (line) => mentionedIn(line, chosen.current),
    forget: () => (chosen.current = []),
    attributes: find ? { 'aria-autocomplete': 'list', 'aria-controls': isOpen ? listId : undefined, 'aria-activedescendant': isOpen ? `${listId}-${active}` : undefined } : {},
    list: isOpen
      ? html`<ul id=${listId} class="mention-list" role="listbox" aria-label=${t('People in the room')}>
          ${people.map((person, index) => html`<li key=${person.identity} id=${`${listId}-${index}`} role="option" aria-selected=${index === active ? 'true' : 'false'} class="mention-choice"
            onMouseDown=${(/** @type {Event} */ event) => (event.preventDefault(), take(person))}><bdi>${person.display_name}</bdi></li>`)}
        </ul>`
      : null,
  };
}
