// A rendered message: the HTML part or the plain text, one at a time.
(function () {
  "use strict";

  const start = (root) => root.querySelectorAll("[data-letter-tabs]").forEach((tabs) => {
    const parts = tabs.closest(".card-box").querySelectorAll("[data-letter-part]");
    const show = (name) => {
      parts.forEach((part) => { part.hidden = part.dataset.letterPart !== name; });
      tabs.querySelectorAll("[data-tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.tab === name)));
    };
    tabs.addEventListener("click", (event) => { if (event.target.dataset.tab) show(event.target.dataset.tab); });
    tabs.hidden = false;
    show("html");
  });

  start(document);
  if (window.Goniec) window.Goniec.letters = start;
})();
