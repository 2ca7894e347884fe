// The text of a notification: its editor, the counter of an SMS, and the preview on a record that somebody chose.
(function () {
  "use strict";

  const WAIT = 400;
  const form = document.getElementById("rule");
  const options = JSON.parse(document.getElementById("rule-editor").textContent);
  const record = document.getElementById("record");
  const aside = document.querySelector("[data-preview-aside]");
  const { body, consent, mode, subject } = form.elements;
  const warning = document.querySelector("[data-marketing]");

  function ask(given) {
    return window.Goniec.fetch(form.dataset.preview, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({
        strip_letters: "", variables: {}, ...given, mode: mode.value, consent: consent.value,
        record: record.value === "__None" ? "" : record.value,
      }),
    });
  }

  function showWarning(told) {
    warning.hidden = !told.warning;
    warning.querySelector("[data-marketing-title]").textContent = told.warningTitle;
    warning.querySelector("[data-marketing-text]").textContent = told.warning;
  }

  // An e-mail

  let html = () => body.value;
  let timer = 0;
  let turn = 0;

  function show(letter, problem) {
    const text = aside.querySelector('[data-tab="text"]').getAttribute("aria-selected") === "true";
    const frame = aside.querySelector("[data-preview-html]");
    const plain = aside.querySelector("[data-preview-text]");
    const said = aside.querySelector("[data-preview-problem]");
    said.textContent = problem;
    said.hidden = !problem;
    aside.querySelector("[data-rule-preview]").hidden = Boolean(problem);
    if (letter) {
      aside.querySelector("[data-preview-subject]").textContent = letter.subject;
      frame.srcdoc = letter.html;
      plain.textContent = letter.text;
    }
    frame.hidden = text;
    plain.hidden = !text;
  }

  async function preview() {
    const asked = ++turn;
    const answer = await ask({ body: html(), subject: subject.value }).catch(() => null);
    if (asked !== turn || !answer) return;
    if (!answer.ok) { show(null, answer.status === 409 ? await answer.text() : ""); return; }
    const told = await answer.json();
    if (asked !== turn) return;
    showWarning(told);
    show(told, "");
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(preview, WAIT);
  }

  function startMail() {
    subject.addEventListener("input", soon);
    [mode, consent].forEach((field) => field.addEventListener("change", preview));
    record.addEventListener("input", preview);
    aside.querySelectorAll("[data-tab]").forEach((tab) => tab.addEventListener("click", () => {
      aside.querySelectorAll("[data-tab]").forEach((other) => other.setAttribute("aria-selected", String(other === tab)));
      show(null, aside.querySelector("[data-preview-problem]").textContent);
    }));
    html = window.Goniec.editField(body, { ...options, changed: soon });
    preview();
  }

  // An SMS

  function startText() {
    const strip = form.elements.strip_letters;
    async function send(_url, given) {
      const answer = await ask(given);
      if (answer.ok) showWarning(await answer.clone().json());
      return answer;
    }
    const counter = window.Goniec.smsCounter({ read: () => ({ body: body.value, strip_letters: strip.value }), send });
    window.Goniec.plainEditor(body, { ...options, changed: () => counter.soon() });
    [strip, mode, consent].forEach((field) => field.addEventListener("change", counter.refresh));
    record.addEventListener("input", counter.refresh);
    counter.refresh();
    form.dataset.ready = "yes";
  }

  if (subject) startMail();
  else startText();
})();
