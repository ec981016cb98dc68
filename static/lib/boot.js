/**
 * Starts the page that the shell names: `<html data-page="room" data-params='{"room": "…"}'>` draws the default export of
 * /static/pages/room.js with those params, once the catalogue is here.
 */

import { h, render } from 'preact';
import { App } from '../components/app.js';
import { loadCatalogue } from './i18n.js';
import { loadMe } from './session.js';

const root = document.documentElement;
const { page = 'start', params = '{}' } = root.dataset;

loadMe().catch((error) => console.warn('livehub: who is here is not known yet', error));

const [module] = await Promise.all([import(`../pages/${page}.js`), loadCatalogue(root.lang || 'en')]);
const place = /** @type {HTMLElement} */ (document.getElementById('app'));
place.textContent = '';
render(h(App, { page: module.default, params: JSON.parse(params) }), place);
root.dataset.ready = '';
