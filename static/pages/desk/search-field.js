import { html } from 'htm/preact';
import { Icon } from '../../components/icon.js';

/** @param {{ label: string, value: string, onInput: (value: string) => void }} props */
export const SearchField = ({ label, value, onInput }) => html`<label class="search-field">
  <span class="sr-only">${label}</span>
  <${Icon} name="search" size=${20} />
  <input class="input" type="search" placeholder=${label} value=${value} autocomplete="off" onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} />
</label>`;
