// The chart of sent messages, in the colours of the theme.
(function () {
  "use strict";

  const canvas = document.getElementById("per-day");
  let chart = null;
  let data = null;

  // Custom properties hold light-dark(): only a real property resolves it to a colour.
  function colour(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return resolved;
  }

  function draw() {
    if (chart) chart.destroy();
    const faint = colour("--text-faint");
    chart = new window.Chart(canvas, {
      type: "bar",
      data: {
        labels: data.labels,
        datasets: [{ label: data.name, data: data.counts, backgroundColor: colour("--accent-solid"), borderRadius: 4, maxBarThickness: 22 }],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { display: false } },
        scales: {
          x: { grid: { display: false }, border: { display: false }, ticks: { color: faint, maxTicksLimit: 8, maxRotation: 0 } },
          y: { beginAtZero: true, suggestedMax: 5, border: { display: false }, grid: { color: colour("--border") }, ticks: { color: faint, precision: 0 } },
        },
      },
    });
  }

  window.Goniec.fetch(canvas.dataset.url).then((answer) => answer.json()).then((answered) => { data = answered; draw(); });
  document.addEventListener("goniec:theme", () => { if (data) draw(); });
})();
