/** Loading for components: what is there, what went wrong, and again. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../lib/api.js';

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} inputs loads anew when one of them changes; what was there stays until the new is here
 * @returns {{ data: T | null, error: unknown, isLoading: boolean, reload: () => Promise<void>, set: (data: T | ((data: T | null) => T)) => void }}
 */
export function useLoad(load, inputs) {
  const [state, setState] = useState({ data: /** @type {T | null} */ (null), error: /** @type {unknown} */ (null), isLoading: true });
  const running = useRef(/** @type {AbortController | null} */ (null));

  const reload = useCallback(async () => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    setState((before) => ({ ...before, isLoading: true, error: null }));
    try {
      const data = await load(control.signal);
      if (!control.signal.aborted) setState({ data, error: null, isLoading: false });
    } catch (error) {
      if (control.signal.aborted || (error instanceof Problem && error.code === 'aborted')) return;
      setState((before) => ({ ...before, error, isLoading: false }));
    }
  }, inputs);

  useEffect(() => {
    reload();
    return () => running.current?.abort();
  }, [reload]);

  const set = useCallback((/** @type {any} */ next) => {
    setState((before) => ({ ...before, data: typeof next === 'function' ? next(before.data) : next }));
  }, []);
  return { ...state, reload, set };
}

/**
 * Call again and again while the page is looked at, and at once when it is looked at again.
 *
 * @param {() => unknown} action
 * @param {number} everyMs 0 stops
 */
export function useWhileVisible(action, everyMs) {
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => {
    if (!everyMs) return undefined;
    const tick = () => document.visibilityState === 'visible' && latest.current();
    const timer = setInterval(tick, everyMs);
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [everyMs]);
}
