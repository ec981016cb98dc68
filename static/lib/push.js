/** Notices of this browser: the Push API, its permission, and the server's list. */

import { api } from './api.js';
import { locale } from './i18n.js';

const KEPT = 'livehub.push';

/** Why a browser cannot be told; '' when it can. @returns {''|'unsupported'|'denied'} */
export function whyNoPush() {
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)) return 'unsupported';
  return Notification.permission === 'denied' ? 'denied' : '';
}

/** The server's name of this browser, '' when it is not told. */
export const thisBrowser = () => localStorage.getItem(KEPT) ?? '';

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
  const subscription = await subscribed(pushManager, pushKey);
  const { endpoint, keys } = subscription.toJSON();
  const { id } = await api.put('/notifications/push', { endpoint, keys, locale: locale() });
  localStorage.setItem(KEPT, id);
  return true;
}

/** @param {PushManager} pushManager @param {string} applicationServerKey */
async function subscribed(pushManager, applicationServerKey) {
  const options = { userVisibleOnly: true, applicationServerKey };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    // One under another key: the server's secret was changed since.
    if (/** @type {Error} */ (error).name !== 'InvalidStateError') throw error;
    await (await pushManager.getSubscription())?.unsubscribe();
    return pushManager.subscribe(options);
  }
}

export async function forgetThisBrowser() {
  const id = thisBrowser();
  localStorage.removeItem(KEPT);
  if (id) await api.delete(`/notifications/push/${encodeURIComponent(id)}`);
  const registration = await navigator.serviceWorker?.getRegistration('/');
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}
