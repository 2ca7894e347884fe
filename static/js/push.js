// "Notifications in the browser": asks the browser for its permission, subscribes it, and tells the panel.
(function () {
  "use strict";

  const box = document.querySelector("[data-push]");
  if (!box) return;
  const { key, worker, scope, subscribe, forget } = box.dataset;

  function show(state) {
    box.querySelectorAll("[data-push-state]").forEach((part) => { part.hidden = part.dataset.pushState !== state; });
    box.dataset.ready = state;
  }

  function bytes(base64url) {
    const text = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  }

  async function digest(text) {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function post(url, given) {
    return window.Goniec.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    });
  }

  async function present() {
    const registration = await navigator.serviceWorker.getRegistration(scope);
    return registration ? registration.pushManager.getSubscription() : null;
  }

  async function rowOf(subscription) {
    const row = document.querySelector(`[data-browser="${await digest(subscription.endpoint)}"]`);
    if (row) row.querySelector("[data-this-browser]").hidden = false;
    return row;
  }

  async function look() {
    if (!window.isSecureContext) return show("insecure");
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return show("unsupported");
    if (Notification.permission === "denied") return show("denied");
    const subscription = await present();
    return show(subscription && await rowOf(subscription) ? "on" : "off");
  }

  async function switchOn() {
    if (await Notification.requestPermission() !== "granted") return look();
    await navigator.serviceWorker.register(worker, { scope });
    const registration = await navigator.serviceWorker.ready;
    const before = await registration.pushManager.getSubscription();
    if (before) await before.unsubscribe(); // it may be of another key
    const subscription = await registration.pushManager.subscribe({
      userVisibleOnly: true, applicationServerKey: bytes(key),
    });
    const { endpoint, keys } = subscription.toJSON();
    const answer = await post(subscribe, { endpoint, p256dh: keys.p256dh, auth: keys.auth });
    if (answer.ok) return location.reload();
    await subscription.unsubscribe();
    return window.Goniec.notify(answer.status === 409 ? await answer.text() : box.dataset.failed, "bad");
  }

  async function switchOff() {
    const subscription = await present();
    if (!subscription) return look();
    const answer = await post(forget, { endpoint: subscription.endpoint });
    if (!answer.ok) return window.Goniec.notify(box.dataset.failed, "bad");
    await subscription.unsubscribe();
    return location.reload();
  }

  async function press(button, act) {
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      window.Goniec.notify(box.dataset.failed, "bad");
    }
    button.disabled = false;
  }

  box.querySelector("[data-push-on]").addEventListener("click", (event) => press(event.currentTarget, switchOn));
  box.querySelector("[data-push-off]").addEventListener("click", (event) => press(event.currentTarget, switchOff));
  look();
})();
