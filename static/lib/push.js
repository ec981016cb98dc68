/** Notices of this browser: the Push API, its permission, and the server's list. */

import { api } from './api.js';
import { locale } from './i18n.js';

const KEPT = 'livehub.push';

/** Why a browser cannot be told; '' when it can. @returns {''|'unsupported'|'denied'} */
export function whyNoPush() {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return 'unsupported';
  return Notification.permission === 'denied' ? 'denied' : '';
}

/** What the server has of this browser. @returns {{ id: string, endpoint: string }} */
function kept() {
  try {
    const { id, endpoint } = JSON.parse(localStorage.getItem(KEPT) ?? '');
    return { id: String(id), endpoint: String(endpoint) };
  } catch {
    return { id: '', endpoint: '' };
  }
}

/** The server's name of this browser, '' when it is not told. */
export const thisBrowser = () => kept().id;

/**
 * Ask the visitor, the browser's push service and the server, in this order. Call it from a click.
 *
 * @param {string} pushKey the server's VAPID key, base64url
 * @returns {Promise<boolean>} false: the visitor said no
 * @throws {import('./api.js').Problem} the server refused; anything else, the browser did
 */
export async function tellThisBrowser(pushKey) {
  if ((await Notification.requestPermission()) !== 'granted') return false;
  await navigator.serviceWorker.register('/sw.js');
  const { pushManager } = await navigator.serviceWorker.ready;
  await hand(await subscribed(pushManager, pushKey));
  return true;
}

/**
 * Goes on being told where something changed since: the server's key, or the browser's address at its push service.
 *
 * @param {string} [pushKey] asked for where it is not given
 * @returns {Promise<boolean>} whether anything had changed
 */
export function keepTold(pushKey) {
  keeping ??= renewed(pushKey).finally(() => {
    keeping = null;
  });
  return keeping;
}

/** @type {Promise<boolean> | null} what several parts of a page ask for at once is done once */
let keeping = null;

/** @param {string} [pushKey] */
async function renewed(pushKey) {
  if (!thisBrowser() || whyNoPush() || Notification.permission !== 'granted') return false;
  const registration = await navigator.serviceWorker.getRegistration('/');
  if (!registration) return false; // the visitor cleared what this site keeps
  const wanted = pushKey ?? (await api.get('/notifications')).push_key;
  const found = await registration.pushManager.getSubscription();
  const isRight = found && keyOf(found) === wanted;
  if (isRight && found.endpoint === kept().endpoint) return false;
  await hand(isRight ? found : await subscribed(registration.pushManager, wanted));
  return true;
}

/** To the server. @param {PushSubscription} subscription */
async function hand(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const { id } = await api.put('/notifications/push', { endpoint, keys, locale: locale() });
  localStorage.setItem(KEPT, JSON.stringify({ id, endpoint }));
}

/**
 * Anew: one that the server does not know may be under another key, or one that its push service has given up.
 *
 * @param {PushManager} pushManager @param {string} applicationServerKey
 */
async function subscribed(pushManager, applicationServerKey) {
  await (await pushManager.getSubscription())?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

/** @param {PushSubscription} subscription */
const keyOf = ({ options }) =>
  btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0)))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export async function forgetThisBrowser() {
  const id = thisBrowser();
  localStorage.removeItem(KEPT);
  if (id) await api.delete(`/notifications/push/${encodeURIComponent(id)}`);
  const registration = await navigator.serviceWorker?.getRegistration('/');
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}
