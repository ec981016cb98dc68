import { html } from 'htm/preact';
import { useId } from 'preact/hooks';

/**
 * A labelled input with hint and error, wired for screen readers. `as="textarea"` and `as="select"` work too (options as children).
 *
 * @param {{ label: string, value: string|number, onInput: (value: string) => void, as?: 'input'|'textarea'|'select', hint?: any, error?: string,
 *   suffix?: any, optional?: string, children?: any, class?: string, inputRef?: any, [attribute: string]: any }} props
 */
export function FormField({ label, value, onInput, as = 'input', hint, error, suffix, optional, children, class: extra = '', inputRef, ...rest }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  const change = (/** @type {any} */ event) => onInput(event.currentTarget.value);
  return html`<div class=${`field ${error ? 'has-error' : ''} ${extra}`}>
    <label class="field-label" for=${id}>${label}${optional && html`<span class="field-optional">${optional}</span>`}</label>
    <div class="field-box">
      <${as} id=${id} ref=${inputRef} class=${`input input-${as}`} value=${value} onInput=${change} aria-invalid=${error ? 'true' : undefined} aria-describedby=${described} ...${rest}>${children}<//>
      ${suffix && html`<span class="field-suffix">${suffix}</span>`}
    </div>
    ${hint && html`<p class="field-hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${id}-error`} role="alert">${error}</p>`}
  </div>`;
}

/**
 * A few choices as large targets: radio buttons that look like tiles.
 *
 * @param {{ legend: string, name: string, value: string, options: { value: string, title: string, text?: string, icon?: any, disabled?: boolean }[],
 *   onChange: (value: string) => void, hideLegend?: boolean }} props
 */
export function ChoiceTiles({ legend, name, value, options, onChange, hideLegend }) {
  return html`<fieldset class="choices">
    <legend class=${hideLegend ? 'sr-only' : 'field-label'}>${legend}</legend>
    <div class="choices-list">
      ${options.map(
        (option) => html`<label key=${option.value} class=${`choice ${option.value === value ? 'is-chosen' : ''} ${option.disabled ? 'is-disabled' : ''}`}>
          <input type="radio" name=${name} value=${option.value} checked=${option.value === value} disabled=${option.disabled} onChange=${() => onChange(option.value)} />
          ${option.icon} <span class="grow"><span class="choice-title">${option.title}</span>${option.text && html`<span class="choice-text">${option.text}</span>`}</span>
        </label>`,
      )}
    </div>
  </fieldset>`;
}

/**
 * @param {{ label: string, value: number, min?: number, max: number, onChange: (value: number) => void, less: string, more: string }} props
 */
export function QuantityStepper({ label, value, min = 1, max, onChange, less, more }) {
  return html`<div class="stepper" role="group" aria-label=${label}>
    <button type="button" class="stepper-button" aria-label=${less} disabled=${value <= min} onClick=${() => onChange(value - 1)}>−</button>
    <output class="stepper-value tabular" aria-live="polite">${value}</output>
    <button type="button" class="stepper-button" aria-label=${more} disabled=${value >= max} onClick=${() => onChange(value + 1)}>+</button>
  </div>`;
}
