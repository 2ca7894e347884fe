// The service worker behind "Notifications in the browser": shows that there is a message, and opens its
// conversation. What arrives says no more than that (domain/push.py).
"use strict";

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data.json();
  } catch (error) {
    // A browser takes the permission away from whoever is silent.
  }
  event.waitUntil(self.registration.showNotification(String(told.title || "Goniec"), {
    tag: String(told.tag || "goniec"),
    renotify: true,
    data: { url: place(told.url) },
  }));
});

/** An address within the panel, whatever was told. */
function place(url) {
  const panel = self.registration.scope;
  const found = new URL(String(url || ""), panel);
  return found.href.startsWith(panel) ? found.href : panel;
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.url));
});

/** The page where it is open already, else a new one: another page may hold text that nobody has saved. */
async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url === url);
  return there ? there.focus() : self.clients.openWindow(url);
}
