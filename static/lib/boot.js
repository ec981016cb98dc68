/**
 * Starts the page that the shell names: `<html data-page="room" data-params='{"room": "…"}'>` draws /static/pages/room.js
 * with those params, once the catalogue is here.
 *
 * A page module's default export is its component. A page that must be quick to begin exports instead `begin(params)`,
 * called at once, and `screen()`, which imports the module with the component while what `begin` started is under way.
 */

import { bearer, speakAs } from './api.js';
import { loadCatalogue } from './i18n.js';
import { takeToken } from './join-token.js';
import { loadMe } from './session.js';

const root = document.documentElement;
const { page = 'start' } = root.dataset;
const params = JSON.parse(root.dataset.params ?? '{}');

speakAs(takeToken(page, params.room));
// a new link opened in this tab while the old one is on show changes nothing but what stands behind the #
window.addEventListener('hashchange', () => takeToken(page, params.room) !== bearer() && window.location.reload());

const catalogue = loadCatalogue(root.lang || 'en');
loadMe().catch((error) => console.warn('livehub: who is here is not known yet', error));

/** @returns {Promise<any>} the page's component */
async function loadPage() {
  const module = await import(`../pages/${page}.js`);
  module.begin?.(params);
  return module.default ?? (await module.screen()).default;
}

const [component, { h, render }, { App }] = await Promise.all([loadPage(), import('preact'), import('../components/app.js'), catalogue]);
const place = /** @type {HTMLElement} */ (document.getElementById('app'));
place.textContent = '';
render(h(App, { page: component, params }), place);
root.dataset.ready = '';
