/** Shows the notices that the push service brings while no page is open (Push API). It keeps nothing. */

self.addEventListener('push', (event) => {
  let told;
  try {
    told = event.data.json();
  } catch {
    return; // not one of ours
  }
  const url = typeof told.url === 'string' && /^\/(?!\/)/.test(told.url) ? told.url : '/';
  event.waitUntil(self.registration.showNotification(String(told.title), { body: String(told.body ?? ''), tag: told.tag, lang: told.lang, data: { url } }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.url, self.location.origin).href));
});

self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew());
});

/** The browser's address at its push service is another: the server hears of the new one, from whoever is signed in. */
async function renew() {
  const answer = await fetch('/api/v1/notifications', { credentials: 'same-origin' });
  if (!answer.ok) return; // nobody who could be told is here any more
  const { push_key: applicationServerKey } = await answer.json();
  const { endpoint, keys } = (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).toJSON();
  const body = JSON.stringify({ endpoint, keys });
  await fetch('/api/v1/notifications/push', { method: 'PUT', credentials: 'same-origin', headers: { 'Content-Type': 'application/json' }, body });
}

/** In a window that shows it already, else in a new one. @param {string} url */
async function open(url) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const shown = windows.find((window) => window.url.split('#')[0] === url);
  if (shown) await shown.focus();
  else await self.clients.openWindow(url);
}
