// Goniec.barChart(canvas, bars): bars in the colours of the theme, drawn anew when it changes.
(function () {
  "use strict";

  // Custom properties hold light-dark(): only a real property resolves it to a colour.
  function colour(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return resolved;
  }

  function axes(bars) {
    const faint = colour("--text-faint");
    const names = { grid: { display: false }, border: { display: false }, ticks: { color: faint, maxTicksLimit: 8, maxRotation: 0 } };
    const heights = { beginAtZero: true, suggestedMax: bars.leastHeight, border: { display: false }, grid: { color: colour("--border") }, ticks: { color: faint, ...bars.ticks } };
    if (!bars.lying) return { x: names, y: heights };
    return { x: heights, y: { ...names, ticks: { color: faint, callback(place) { return shortened(this.getLabelForValue(place)); } } } };
  }

  function shortened(text) {
    const longest = innerWidth < 640 ? 16 : 32;
    return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  }

  /**
   * `bars`: labels, heights and the name of what they measure. Optional: `lying` bars for long names, `ticks` and
   * `leastHeight` of the axis, `told(place)` what the tooltip says, `chosen(place)` when a bar is clicked.
   */
  function barChart(canvas, bars) {
    let chart = null;
    function draw() {
      if (chart) chart.destroy();
      chart = new window.Chart(canvas, {
        type: "bar",
        data: {
          labels: bars.labels,
          datasets: [{ label: bars.name, data: bars.heights, backgroundColor: colour("--accent-solid"), borderRadius: 4, maxBarThickness: 22 }],
        },
        options: {
          animation: false,
          maintainAspectRatio: false,
          indexAxis: bars.lying ? "y" : "x",
          plugins: { legend: { display: false }, tooltip: bars.told ? { callbacks: { label: (item) => bars.told(item.dataIndex) } } : {} },
          onClick: (event, hit) => { if (bars.chosen && hit.length) bars.chosen(hit[0].index); },
          onHover: (event, hit) => { if (bars.chosen) canvas.style.cursor = hit.length ? "pointer" : ""; },
          scales: axes(bars),
        },
      });
    }
    draw();
    document.addEventListener("goniec:theme", draw);
  }

  window.Goniec.barChart = barChart;
})();
