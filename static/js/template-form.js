// The form of a message template: rich text for e-mail, plain text for the other channels.
(function () {
  "use strict";

  const options = JSON.parse(document.getElementById("template-editor").textContent);
  const form = document.querySelector("form.record-form");
  const { body, channel } = form.elements;
  const group = body.closest(".form-group");
  const box = document.createElement("div");
  const rich = document.createElement("textarea");

  let editor = null;
  let starting = null;
  let untouched = "";
  const SMS_ROWS = 7;
  const { rows } = body;
  let counter = null;
  let menu = null;
  // The two texts are kept apart: whoever changes the channel by mistake finds the first one again.
  let html = channel.value === "email" ? body.value : "";
  let plain = channel.value === "email" ? "" : body.value;

  // The browser cannot point at a required field that the editor hides; the server says it.
  body.required = false;
  box.className = "editor-box";
  rich.id = "body-editor";
  rich.value = html;
  box.append(rich);
  body.after(box);
  if (body.classList.contains("is-invalid")) group.classList.add("has-error");
  group.querySelector("label").addEventListener("click", () => { if (editor && !box.hidden) editor.focus(); });

  function isRich() { return channel.value === "email"; }
  function isSms() { return channel.value === "sms"; }

  function changed() {
    if (editor) form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function start() {
    const source = document.querySelector('script[src*="js/template-form.js"]').src;
    editor = await window.Goniec.editor(rich, {
      base: new URL("../vendor/hugerte", source).href,
      ...options,
      changed,
      submit: () => form.requestSubmit(),
    });
    if (editor) untouched = editor.content();
    form.dataset.ready = "yes";
  }

  function startCounting() {
    const parts = document.querySelector("[data-sms-parts-of-form]");
    const strip = form.elements.strip_letters;
    body.after(...parts.children);
    // An SMS cannot hold the link to unsubscribe.
    const tags = options.tags.filter((tag) => tag.tag !== "{unsubscribe_url}");
    counter = window.Goniec.smsCounter({ read: () => ({ body: body.value, strip_letters: strip.value }) });
    menu = window.Goniec.plainEditor(body, { tags, tagsTitle: options.tagsTitle, changed: () => counter.soon() });
    strip.addEventListener("change", counter.refresh);
  }

  function showCounter() {
    if (isSms() && !counter) startCounting();
    if (!counter) return;
    [counter.root, group.querySelector(".sms-sample")].forEach((part) => { part.hidden = !isSms(); });
    menu.show(isSms());
    body.rows = isSms() ? SMS_ROWS : rows;
    if (isSms()) counter.refresh();
  }

  function show() {
    box.hidden = !isRich();
    body.hidden = isRich();
    showCounter();
    if (isRich() && !starting) starting = start();
  }

  // An editor writes the same HTML in its own way: what nobody touched is sent as it was.
  function writtenHtml() {
    if (!editor) return html;
    const now = editor.content();
    return now === untouched ? html : now;
  }

  channel.addEventListener("change", () => {
    if (isRich()) { if (!body.hidden) plain = body.value; }
    else if (body.hidden) body.value = plain;
    show();
  });
  form.addEventListener("submit", () => { if (isRich()) body.value = writtenHtml(); });
  show();
})();
