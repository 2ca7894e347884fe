// A button that copies what stands in a field: data-copy="id of the field". A form whose answer is copied: data-copy-made.
(function () {
  "use strict";

  const SAID_FOR = 2000;

  async function copied(field) {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch (error) {
      // Only a page served over https may use the clipboard directly.
      return document.execCommand("copy");
    }
  }

  function say(text, words) {
    const standing = text.dataset.standing || text.textContent;
    text.dataset.standing = standing;
    text.textContent = words;
    setTimeout(() => { text.textContent = standing; }, SAID_FOR);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !(await copied(document.getElementById(button.dataset.copy)))) return;
    say(button.querySelector("[data-copy-text]"), button.dataset.copied);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-copy-made]");
    if (!form) return;
    event.preventDefault();
    const asked = { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } };
    const answer = await fetch(form.action, asked).catch(() => null);
    if (!answer || !answer.ok) { form.submit(); return; }  // the page itself says what is wrong
    const field = form.querySelector("[data-made]");
    field.value = (await answer.json()).url;
    field.hidden = false;
    if (await copied(field)) say(form.querySelector("[data-copy-text]"), form.dataset.copied);
  });
})();
