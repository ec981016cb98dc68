import { useState } from 'preact/hooks';
import { refusalText } from './refusal.js';

/**
 * What the dialogs have in common in which something is made: what was written is held against the form's own rules once
 * somebody has tried to send it, and then against the server's, whose refusal stands at the field that it is of.
 *
 * @template {Record<string, string>} Form
 * @template {string} Field
 * @param {Form} initial
 * @param {(form: Form) => Record<Field, string>} faultsOf what is wrong with each field that has rules, '' for nothing
 */
export function useEditor(initial, faultsOf) {
  const [form, setForm] = useState(initial);
  const [refused, setRefused] = useState({ field: '', text: '' });
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const faults = faultsOf(form);
  const fields = /** @type {Field[]} */ (Object.keys(faults));
  const isAt = (/** @type {string} */ field) => refused.field.startsWith(field);

  /** @template T @param {() => Promise<T>} call @param {(made: T) => void} done */
  const send = async (call, done) => {
    setBusy(true);
    try {
      done(await call());
    } catch (error) {
      setRefused({ field: /** @type {{ field?: string }} */ (error).field ?? '', text: refusalText(error) });
      setBusy(false);
    }
  };
  return {
    form,
    isBusy,
    send,
    set: (/** @type {Partial<Form>} */ part) => (setForm({ ...form, ...part }), setRefused({ field: '', text: '' })),
    faultAt: (/** @type {Field} */ field) => (isTried && faults[field]) || (isAt(field) ? refused.text : ''),
    /** a refusal that is of none of the fields */
    refusal: fields.some(isAt) ? '' : refused.text,
    /** @template T @param {() => Promise<T>} call @param {(made: T) => void} done */
    submit: (call, done) => (/** @type {Event} */ event) => {
      event.preventDefault();
      setTried(true);
      if (!fields.some((field) => faults[field])) send(call, done);
    },
  };
}
