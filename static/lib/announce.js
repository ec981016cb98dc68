/**
 * Words for screen readers. Boot puts two live regions into the page; chat is gathered so that a fast room stays bearable.
 */

import { tn } from './i18n.js';

/** @type {string[]} */
let waiting = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} text @param {'polite'|'assertive'} [urgency] */
export function announce(text, urgency = 'polite') {
  const region = regionFor(urgency);
  if (!region) return;
  region.textContent = '';
  // an emptied region that is filled in the same frame is not read again by every reader
  requestAnimationFrame(() => (region.textContent = text));
}

/**
 * What stands outside an open dialog is inert, and readers pass over it; so each dialog gets a region of its own.
 *
 * @param {'polite'|'assertive'} urgency
 */
function regionFor(urgency) {
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  if (!dialog) return document.getElementById(`live-${urgency}`);
  const known = dialog.querySelector(`:scope > [aria-live="${urgency}"]`);
  if (known) return known;
  const region = document.createElement('div');
  region.className = 'sr-only';
  region.setAttribute('aria-live', urgency);
  dialog.append(region);
  return region;
}

/** Chat lines: one is read out, several within four seconds become a count. @param {string} line */
export function announceChat(line) {
  waiting.push(line);
  timer ??= setTimeout(() => {
    announce(waiting.length <= 2 ? waiting.join('. ') : tn('{n} new message', '{n} new messages', waiting.length));
    waiting = [];
    timer = undefined;
  }, 4000);
}
