// A button that copies what stands in a field: data-copy="id of the field".
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

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !(await copied(document.getElementById(button.dataset.copy)))) return;
    const text = button.querySelector("[data-copy-text]");
    const standing = text.dataset.standing || text.textContent;
    text.dataset.standing = standing;
    text.textContent = button.dataset.copied;
    setTimeout(() => { text.textContent = standing; }, SAID_FOR);
  });
})();
