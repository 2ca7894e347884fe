// Beside each phone number of the client's form: whether a text can go there, said while it is typed.
(function () {
  "use strict";

  const WAIT_BEFORE_ASKING = 300;
  const NUMBER = "#phone_numbers [data-inline-row] input[name$='-number']";
  const url = document.currentScript.dataset.url;
  const timers = new WeakMap();

  function markOf(input) {
    const known = document.getElementById(`${input.id}-mark`);
    if (known) return known;
    const mark = document.createElement("p");
    mark.id = `${input.id}-mark`;
    mark.className = "phone-mark";
    mark.setAttribute("role", "status");
    mark.setAttribute("aria-live", "polite");
    input.after(mark);
    const described = [input.getAttribute("aria-describedby"), mark.id].filter(Boolean).join(" ");
    input.setAttribute("aria-describedby", described);
    return mark;
  }

  function show(mark, answer) {
    if (mark.textContent === answer.text) return;
    mark.className = `phone-mark${answer.tone ? ` mark-${answer.tone}` : ""}`;
    if (!answer.text) { mark.replaceChildren(); return; }
    const icon = document.createElement("i");
    icon.className = `bi ${answer.icon}`;
    icon.setAttribute("aria-hidden", "true");
    mark.replaceChildren(icon, answer.text);
  }

  async function ask(input) {
    const typed = input.value.trim();
    const mark = markOf(input);
    if (!typed) { show(mark, { text: "" }); return; }
    let answer;
    try {
      answer = await window.Goniec.fetch(url, { method: "POST", body: new URLSearchParams({ number: typed }) });
    } catch (error) {
      return; // no connection: the mark of the number before would be wrong, and saving checks it anyway
    } finally {
      if (!answer || !answer.ok) show(mark, { text: "" });
    }
    if (answer.ok && typed === input.value.trim()) show(mark, await answer.json());
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches(NUMBER)) return;
    clearTimeout(timers.get(event.target));
    timers.set(event.target, setTimeout(ask, WAIT_BEFORE_ASKING, event.target));
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(NUMBER)) markOf(event.target); });
  document.querySelectorAll(NUMBER).forEach(ask);
})();
