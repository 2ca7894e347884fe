// Top-ups: suggested amounts, the way to the payment page, and waiting for its news.
(function () {
  "use strict";

  const WAIT = 3000;
  const TRIES = 40;

  document.querySelectorAll("[data-amount]").forEach((button) => {
    button.addEventListener("click", () => {
      const field = document.getElementById("amount");
      field.value = button.dataset.amount;
      field.focus();
    });
  });

  const away = document.querySelector("[data-go]");
  if (away) {
    // Coming back with the browser's own button must not send the payer away again.
    history.replaceState(null, "", location.pathname);
    location.assign(away.href);
  }

  if (document.querySelector("[data-waiting]")) {
    const key = `goniec-waited-${location.pathname}`;
    const waited = Number(sessionStorage.getItem(key) || 0);
    if (waited < TRIES) {
      sessionStorage.setItem(key, String(waited + 1));
      setTimeout(() => { if (!document.hidden) location.reload(); }, WAIT);
    }
  }
})();
