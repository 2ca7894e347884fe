// A message to one client: the counter of an SMS, the editor of an e-mail, and no sending of what was not checked.
// The form is sent within the page: a lost connection loses no text, and Back never meets an answer to a form.
(function () {
  "use strict";

  const form = document.getElementById("single");
  const options = JSON.parse(document.getElementById("single-editor").textContent);
  const source = document.currentScript.src;
  const { body } = form.elements;
  let counter = null;
  let editor = null;
  let untouched = "";
  let changes = 0;

  function changed() {
    changes += 1;
    if (counter) counter.soon();
    hideSending();
  }

  function hideSending() {
    const send = form.querySelector("[data-send-single]");
    if (!send) return;
    send.hidden = true;
    form.querySelector("[data-changed-since]").hidden = false;
  }

  async function startEditor() {
    body.required = false; // the editor hides it, and the browser cannot point at what is hidden; the server says it
    editor = await window.Goniec.editor(body, {
      base: new URL("../vendor/hugerte", source).href,
      ...options,
      changed: () => { if (editor && editor.content() !== untouched) changed(); },
      submit: () => form.requestSubmit(),
    });
    if (editor) untouched = editor.content();
    form.dataset.ready = "yes";
  }

  function startCounter() {
    counter = window.Goniec.smsCounter({
      read: () => ({
        body: body.value,
        strip_letters: form.elements.strip_letters.value,
        client: form.dataset.client,
      }),
    });
    window.Goniec.plainEditor(body, { ...options, changed: () => {} });
    counter.refresh();
  }

  function say(text) {
    const place = document.querySelector('[data-swap="notices"]');
    const notice = document.createElement("div");
    notice.className = "notice notice-bad";
    notice.textContent = text;
    place.replaceChildren(notice);
    place.scrollIntoView({ block: "nearest" });
  }

  /** What the answer says anew; what was typed, and where one is in it, stays as it is. */
  function show(page) {
    const answered = new DOMParser().parseFromString(page, "text/html");
    document.querySelectorAll("[data-swap]").forEach((old) => {
      const fresh = answered.querySelector(`[data-swap="${old.dataset.swap}"]`);
      if (fresh) old.replaceChildren(...fresh.childNodes);
    });
    if (window.Goniec.letters) window.Goniec.letters(document.querySelector('[data-swap="result"]'));
    const notices = document.querySelector('[data-swap="notices"]');
    if (notices.textContent.trim()) notices.scrollIntoView({ block: "nearest" });
  }

  async function freshToken() {
    const answer = await fetch(form.dataset.token, { headers: { Accept: "text/plain" }, redirect: "manual" });
    if (!answer.ok) return false;
    const token = await answer.text();
    document.querySelector('meta[name="csrf-token"]').content = token;
    form.elements.csrf_token.value = token;
    return true;
  }

  /** An expired token is renewed once: somebody logged in again in another window. */
  async function post(submitter) {
    const request = () => {
      const typed = new FormData(form);
      if (submitter && submitter.name) typed.append(submitter.name, submitter.value);
      return window.Goniec.fetch(form.action, { method: "POST", body: typed });
    };
    const answer = await request();
    return answer.status === 400 && (await freshToken()) ? request() : answer;
  }

  async function submit(submitter) {
    const before = changes;
    if (editor && editor.content() !== untouched) body.value = untouched = editor.content();
    const answer = await post(submitter);
    if ((answer.headers.get("Content-Type") || "").includes("json")) {
      window.location.replace((await answer.json()).location);
      return;
    }
    const said = await answer.text();
    if (!answer.ok && answer.status !== 409) { say(said); return; }
    show(said);
    if (changes !== before) hideSending();
  }

  form.addEventListener("input", changed);
  let again = false;

  /** Asked to check while it is being checked, it checks once more; sending is never asked for twice. */
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") {
      again = again || !(event.submitter && event.submitter.matches("[data-send-single]"));
      return;
    }
    form.ariaBusy = "true";
    try {
      await submit(event.submitter);
    } catch (error) {
      say(form.dataset.noConnection);
    } finally {
      form.ariaBusy = "false";
      const check = again && form.querySelector("[name=step][value=preview]");
      again = false;
      if (check) form.requestSubmit(check);
    }
  });
  if (form.elements.subject) startEditor();
  else startCounter();
})();
