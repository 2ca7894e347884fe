// The SMS report's chart: a bar leads to its messages, as its line of the table does.
(function () {
  "use strict";

  const canvas = document.getElementById("report-chart");
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "PLN", maximumFractionDigits: 2 });

  window.Goniec.barChart(canvas, {
    labels: data.labels,
    heights: data.heights,
    name: data.name,
    lying: data.lying,
    ticks: { callback: (height) => money.format(height), maxTicksLimit: innerWidth < 640 ? 4 : 6 },
    told: (place) => `${data.name}: ${data.costs[place]}`,
    chosen: (place) => { if (data.urls[place]) location.assign(data.urls[place]); },
  });
})();
