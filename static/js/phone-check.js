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
    const box = document.createElement("span");
    const hadFocus = document.activeElement === input;
    mark.id = `${input.id}-mark`;
    mark.className = "phone-mark";
    mark.setAttribute("role", "status");
    mark.setAttribute("aria-live", "polite");
    input.closest(".inline-fields").append(mark);
    box.className = "phone-box";
    input.replaceWith(box);
    box.append(input, document.createElement("i"));
    if (hadFocus) input.focus();
    const described = [input.getAttribute("aria-describedby"), mark.id].filter(Boolean).join(" ");
    input.setAttribute("aria-describedby", described);
    return mark;
  }

  function show(input, answer) {
    const mark = markOf(input);
    const icon = input.parentElement.querySelector("i");
    icon.className = answer.icon ? `bi ${answer.icon} mark-${answer.tone}` : "";
    icon.setAttribute("aria-hidden", "true");
    if (mark.textContent === answer.text) return;
    mark.className = `phone-mark${answer.tone ? ` mark-${answer.tone}` : ""}`;
    mark.textContent = answer.text;
  }

  async function ask(input) {
    const typed = input.value.trim();
    if (!typed) { show(input, { text: "" }); return; }
    let answer;
    try {
      answer = await window.Goniec.fetch(url, { method: "POST", body: new URLSearchParams({ number: typed }) });
    } catch (error) {
      return; // no connection: the mark of the number before would be wrong, and saving checks it anyway
    } finally {
      if (!answer || !answer.ok) show(input, { text: "" });
    }
    if (answer.ok && typed === input.value.trim()) show(input, await answer.json());
  }

  document.addEventListener("input", (event) => {
    if (!event.target.matches(NUMBER)) return;
    clearTimeout(timers.get(event.target));
    timers.set(event.target, setTimeout(ask, WAIT_BEFORE_ASKING, event.target));
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(NUMBER)) markOf(event.target); });
  document.querySelectorAll(NUMBER).forEach(ask);
})();
