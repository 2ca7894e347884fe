// The shell's behaviour, and what other scripts may use: Goniec.confirm, Goniec.fetch, Goniec.notify.
(function () {
  "use strict";

  const root = document.documentElement;
  const dialog = document.getElementById("confirm-dialog");

  function isDark() {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function toggleTheme() {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("goniec-theme", root.dataset.theme);
    } catch (error) {
      // Storage may be forbidden: the choice then lasts for this page.
    }
    document.dispatchEvent(new CustomEvent("goniec:theme"));
  }

  function toggleMenu() {
    const open = document.body.classList.toggle("menu-open");
    document.querySelector(".menu-toggle").setAttribute("aria-expanded", String(open));
  }

  /** Ask before something irreversible; resolves to true or false. `yes` is the text of the confirming button. */
  function confirm(text, options) {
    const button = dialog.querySelector("[data-confirm-yes]");
    dialog.querySelector("[data-confirm-text]").textContent = text;
    button.textContent = (options && options.yes) || button.dataset.standing || button.textContent;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  function csrfToken() {
    return document.querySelector('meta[name="csrf-token"]').content;
  }

  /** fetch with the CSRF token and the header that asks for refusals as text (status 409). */
  function send(url, options) {
    const headers = new Headers((options && options.headers) || {});
    headers.set("X-CSRFToken", csrfToken());
    headers.set("X-Requested-With", "fetch");
    return fetch(url, { credentials: "same-origin", ...options, headers });
  }

  /** Show one sentence at the head of the page; tone: good, bad, warning or info. */
  function notify(text, tone) {
    const notice = document.createElement("div");
    notice.className = `notice notice-${tone || "info"}`;
    notice.textContent = text;
    document.querySelector(".flashes").append(notice);
  }

  window.Goniec = { confirm, csrfToken, fetch: send, notify };

  if (dialog) {
    const button = dialog.querySelector("[data-confirm-yes]");
    button.dataset.standing = button.textContent;
  }

  // One handler asks before any form or button that carries data-confirm is sent.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asker = event.submitter && event.submitter.dataset.confirm ? event.submitter : form;
    if (!asker.dataset.confirm || form.dataset.confirmed === "yes") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    confirm(asker.dataset.confirm, { yes: asker.dataset.confirmYes }).then((agreed) => {
      if (!agreed) return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter || undefined);
      delete form.dataset.confirmed;
    });
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-theme-toggle], [data-menu-toggle], [data-dismiss-flash]");
    if (target && target.matches("[data-theme-toggle]")) toggleTheme();
    if (target && target.matches("[data-menu-toggle]")) toggleMenu();
    if (target && target.matches("[data-dismiss-flash]")) target.closest("[data-flash]").remove();
    document.querySelectorAll("details[data-popover][open]").forEach((open) => {
      if (!open.contains(event.target)) open.open = false;
    });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details[data-popover][open]").forEach((open) => {
      open.open = false;
      open.querySelector("summary").focus();
    });
    if (document.body.classList.contains("menu-open")) toggleMenu();
  });

  // A field that takes no more says so: what is pasted beyond its limit would be gone without a word.
  document.querySelectorAll("[data-counted][maxlength]").forEach((field) => {
    const count = document.createElement("p");
    count.className = "field-hint field-count";
    count.setAttribute("aria-hidden", "true");
    const show = () => {
      count.textContent = `${field.value.length} / ${field.maxLength}`;
      count.classList.toggle("is-full", field.value.length >= field.maxLength);
    };
    field.addEventListener("input", show);
    field.after(count);
    show();
  });

  // A form with typed text asks the browser before it is left.
  document.querySelectorAll("form[data-unsaved]").forEach((form) => {
    let changed = form.dataset.unsaved === "yes";
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  });
})();
