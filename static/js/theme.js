// Runs before the first paint. Without a stored choice the system decides (color-scheme: light dark).
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("goniec-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (error) {
    // Storage may be forbidden; the system's choice stays.
  }
})();
