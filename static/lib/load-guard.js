/**
 * Watches over the loading of a page. It is no module, so that it runs where a module did not come: on a phone that
 * changes its network meanwhile, a browser gives up all that is under way, and does not ask again by itself.
 *
 * The shell holds what people read then (`.not-loaded`); it shows by itself after a while, even without this file.
 */
(() => {
  const KEY = 'livehub.loads';
  /** how often a page loads itself again, and within what time these count together */
  const MOST = 3;
  const TOGETHER_MS = 60_000;
  const FIRST_PAUSE_MS = 500;
  const root = document.documentElement;
  let hasFailed = false;

  /** How often it was tried before; one more is kept. @returns {number} */
  function countTry() {
    try {
      const [since = 0, count = 0] = (sessionStorage.getItem(KEY) ?? '').split(' ').map(Number);
      const isFresh = Date.now() - since < TOGETHER_MS;
      sessionStorage.setItem(KEY, isFresh ? `${since} ${count + 1}` : `${Date.now()} 1`);
      return isFresh ? count : 0;
    } catch {
      return MOST; // a browser that keeps nothing could go on for ever
    }
  }

  const again = () => window.location.reload();

  /** @param {Event} event */
  function onError(event) {
    const { target } = event;
    // A link fetches early what a module asks for once more; pictures are not the page.
    if (hasFailed || 'ready' in root.dataset || (target instanceof Element && !(target instanceof HTMLScriptElement))) return;
    hasFailed = true;
    const count = countTry();
    const isLate = count >= MOST;
    if (count > 0 || !navigator.onLine) root.dataset.failed = '';
    if (!navigator.onLine) window.addEventListener('online', again, { once: true });
    else if (!isLate) setTimeout(again, FIRST_PAUSE_MS * 4 ** count);
  }

  window.addEventListener('error', onError, true); // of elements it does not bubble
})();
