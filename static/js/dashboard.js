// The chart of sent messages.
(function () {
  "use strict";

  const canvas = document.getElementById("per-day");

  window.Goniec.fetch(canvas.dataset.url).then((answer) => answer.json()).then((answered) => {
    window.Goniec.barChart(canvas, {
      labels: answered.labels,
      heights: answered.counts,
      name: answered.name,
      leastHeight: 5,
      ticks: { precision: 0 },
    });
  });
})();
