// How e-mails look: the footer's editor, the pickers of colours, and the preview of what is typed.
(function () {
  "use strict";

  const WAIT = 400;
  // Roughly what a mail program does that darkens letters: everything but the pictures is turned over.
  const DARKENED = "<style>html { background: #fff; filter: invert(1) hue-rotate(180deg) } img { filter: invert(1) hue-rotate(180deg) }</style></head>";
  const form = document.getElementById("branding");
  const options = JSON.parse(document.getElementById("branding-editor").textContent);
  const { footer } = form.elements;
  const part = (name) => document.querySelector(`[data-${name}]`);
  const tabs = document.querySelectorAll(".branding-tabs [data-tab]");
  let html = () => footer.value;
  let letter = null;
  let timer = 0;
  let turn = 0;

  function show() {
    const chosen = Array.from(tabs).find((tab) => tab.getAttribute("aria-selected") === "true").dataset.tab;
    const frame = part("preview-html");
    if (letter) {
      part("preview-subject").textContent = letter.subject;
      const whole = chosen === "dark" ? letter.html.replace("</head>", DARKENED) : letter.html;
      if (frame.srcdoc !== whole) frame.srcdoc = whole;
      part("preview-text").textContent = letter.text;
    }
    frame.hidden = chosen === "text";
    part("preview-text").hidden = chosen !== "text";
    part("dark-hint").hidden = chosen !== "dark";
  }

  function say(problem, warnings) {
    part("preview-problem").textContent = problem;
    part("preview-problem").hidden = !problem;
    part("branding-preview").hidden = Boolean(problem);
    part("contrast").hidden = !warnings.length;
    part("contrast-text").textContent = warnings.join(" ");
  }

  async function preview() {
    const asked = ++turn;
    const typed = new FormData(form);
    typed.set("footer", html());
    const answer = await window.Goniec.fetch(form.dataset.preview, { method: "POST", headers: { Accept: "application/json" }, body: typed }).catch(() => null);
    if (asked !== turn || !answer) return;
    if (!answer.ok) { say(answer.status === 409 ? await answer.text() : "", []); return; }
    letter = await answer.json();
    if (asked !== turn) return;
    say("", letter.warnings);
    show();
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(preview, WAIT);
  }

  document.querySelectorAll("[data-picks]").forEach((picker) => {
    const field = form.elements[picker.dataset.picks];
    picker.addEventListener("input", () => { field.value = picker.value; });
    field.addEventListener("input", () => { if (/^#[0-9a-f]{6}$/i.test(field.value)) picker.value = field.value; });
  });
  tabs.forEach((tab) => tab.addEventListener("click", () => {
    tabs.forEach((other) => other.setAttribute("aria-selected", String(other === tab)));
    show();
  }));
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  html = window.Goniec.editField(footer, { ...options, height: 300 });
  preview();
})();
