// A message to one client: the counter of an SMS, the editor of an e-mail, and no sending of what was not checked.
(function () {
  "use strict";

  const form = document.getElementById("single");
  const options = JSON.parse(document.getElementById("single-editor").textContent);
  const source = document.currentScript.src;
  const { body } = form.elements;
  const send = form.querySelector("[data-send-single]");
  let counter = null;
  let editor = null;
  let untouched = "";

  function changed() {
    if (counter) counter.soon();
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

  form.addEventListener("input", changed);
  form.addEventListener("submit", () => { if (editor && editor.content() !== untouched) body.value = editor.content(); });
  if (form.elements.subject) startEditor();
  else startCounter();
})();
