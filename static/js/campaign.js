// A campaign's page: numbers that follow the sending, the recipients' table, the closing dialog.
(function () {
  "use strict";

  const page = document.querySelector("[data-campaign]");
  const language = document.documentElement.lang;
  const closing = document.getElementById("closing");
  const newsKey = `goniec-news-${page.dataset.id}`;
  const SECOND = 1000;
  const HIDDEN_EVERY = 15 * SECOND;
  const LONGEST_WAIT = 20 * SECOND;
  const UNFINISHED = ["queued", "sending"];
  let live = JSON.parse(document.getElementById("campaign-live").textContent);
  let news = recalled();
  let failures = 0;
  let timer = 0;

  function number(value) {
    return Number(value).toLocaleString(language);
  }

  function find(name) {
    return page.querySelector(`[data-${name}]`);
  }

  function text(name, value) {
    find(name).textContent = value;
  }

  function showMoves() {
    const allowed = {
      pause: live.status === "sending",
      resume: live.status === "paused",
      start: live.status === "scheduled",
      cancel: ["sending", "paused", "scheduled"].includes(live.status) && live.counts.queued > 0,
      resend: ["sending", "paused", "finished"].includes(live.status) && live.counts.failed > 0,
    };
    document.querySelectorAll("[data-move]").forEach((form) => { form.hidden = !allowed[form.dataset.move]; });
    // Nothing leaves a cancelled campaign any more: what is uncertain can only count as sent.
    page.querySelectorAll("[data-send-again]").forEach((form) => { form.hidden = live.status === "cancelled"; });
  }

  function showNotices() {
    find("pause-notice").hidden = live.status !== "paused";
    text("pause-reason", live.pauseReason);
    find("pause-by-hand").hidden = Boolean(live.pauseReason);
    find("pause-by-trouble").hidden = !live.pauseReason;
    find("wait-notice").hidden = !live.wait;
    text("wait", live.wait);
    find("scheduled-notice").hidden = live.status !== "scheduled";
    find("uncertain-notice").hidden = live.uncertain === 0;
    text("uncertain-count", number(live.uncertain));
  }

  function showNumbers() {
    const badge = find("status-badge");
    badge.className = `badge badge-${live.statusTone}`;
    badge.textContent = live.statusLabel;
    text("done", number(live.total - live.unfinished));
    text("total", number(live.total));
    text("rate", live.rate);
    text("left", live.left);
    find("waiting").hidden = !live.waiting || Boolean(live.wait);
    text("finished", live.finishedAt);
    if (find("cost")) showCost();
    Object.entries(live.counts).forEach(([status, count]) => {
      page.querySelector(`[data-tile="${status}"] [data-count]`).textContent = number(count);
      page.querySelector(`[data-tile="${status}"]`).classList.toggle("tile-zero", count === 0);
      page.querySelector(`[data-part="${status}"]`).style.flexGrow = count;
    });
    page.querySelector('[data-tile="left_out"] [data-count]').textContent = number(live.skippedClients);
    page.querySelector('[data-tile="left_out"]').classList.toggle("tile-zero", live.skippedClients === 0);
  }

  function showCost() {
    text("cost", live.cost);
    text("charged-uncertain", live.chargedUncertain);
    page.querySelectorAll("[data-confirm-cost]").forEach((form) => { form.dataset.confirm = form.dataset.confirmCost.replace("{cost}", live.chargedUncertain); });
    text("cost-parts", live.partsText);
    text("held", live.held);
    find("held-fact").hidden = !live.held;
  }

  function show() {
    showNumbers();
    showNotices();
    showMoves();
  }

  // The closing dialog

  /** "awaited" in a browser that started the sending or watched it, "told" once the dialog has been there. */
  function recalled() {
    try {
      return localStorage.getItem(newsKey) || "";
    } catch (error) {
      return "";
    }
  }

  function remember(value) {
    news = value;
    try {
      localStorage.setItem(newsKey, value);
    } catch (error) {
      // Without storage the dialog may open once more, or not after a reload: no harm.
    }
  }

  function isOver() {
    return live.unfinished === 0 && ["finished", "cancelled"].includes(live.status);
  }

  function close() {
    if (!isOver() || closing.open || news !== "awaited") return;
    remember("told");
    closing.querySelector("[data-closing-text]").textContent = live.verdict;
    closing.classList.toggle("closing-good", live.allSent);
    closing.querySelector("[data-closing-icon] i").className = live.allSent ? "bi bi-check-lg" : "bi bi-exclamation-lg";
    closing.querySelector("[data-closing-hint]").hidden = live.allSent && live.skippedClients === 0;
    closing.returnValue = "leave";
    closing.showModal();
  }

  closing.addEventListener("close", () => { if (closing.returnValue !== "stay") location.assign(page.dataset.home); });

  // Polling

  async function poll() {
    clearTimeout(timer);
    try {
      const answer = await window.Goniec.fetch(page.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const before = JSON.stringify(live.counts);
      live = await answer.json();
      failures = 0;
      show();
      if (JSON.stringify(live.counts) !== before) refreshSoon();
      watch();
    } catch (error) {
      failures += 1;
    }
    again();
  }

  function watch() {
    if (UNFINISHED.some((status) => live.counts[status] > 0) && live.status !== "scheduled") {
      remember("awaited");
    }
    close();
  }

  function again() {
    const moving = ["sending", "paused", "scheduled"].includes(live.status) || live.unfinished > 0;
    if (!moving && failures === 0) return;
    const wait = live.status === "sending" ? SECOND : 5 * SECOND;
    timer = setTimeout(poll, document.hidden ? HIDDEN_EVERY : Math.min(wait * 2 ** failures, LONGEST_WAIT));
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });

  // Recipients

  const table = find("recipients");
  const filter = find("status-filter");
  const search = find("search");
  const csv = document.querySelector("[data-csv]");
  let shownPage = 0;
  let asked = 0;
  let typing = 0;
  let refreshing = 0;

  function query() {
    return new URLSearchParams({ status: filter.value, search: search.value.trim() }).toString();
  }

  async function list() {
    const turn = ++asked;
    const answer = await window.Goniec.fetch(`${page.dataset.recipientsUrl}?${query()}&page=${shownPage}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer || !answer.ok || turn !== asked) return;
    table.innerHTML = await answer.text();
    csv.href = `${csv.dataset.csv}?${query()}`;
  }

  function refreshSoon() {
    if (refreshing || document.querySelector("dialog[open]")) return;
    refreshing = setTimeout(() => { refreshing = 0; list(); }, isOver() ? 0 : 2 * SECOND);
  }

  function choose(status) {
    filter.value = status;
    shownPage = 0;
    list();
  }

  filter.addEventListener("change", () => choose(filter.value));
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => { shownPage = 0; list(); }, 250); });
  table.addEventListener("click", (event) => {
    const turn = event.target.closest("[data-page]");
    if (turn) { shownPage = Number(turn.dataset.page); list(); }
  });
  page.querySelectorAll("[data-show-status]").forEach((button) => button.addEventListener("click", () => {
    choose(button.dataset.showStatus);
    document.getElementById("recipients").scrollIntoView({ block: "start" });
  }));

  filter.value = new URLSearchParams(location.search).get("status") || "";
  if (page.hasAttribute("data-just-started") && news !== "told") remember("awaited");
  show();
  // The browser went to the anchor while the table was still empty and the page too short.
  list().then(() => { if (location.hash === "#recipients") document.getElementById("recipients").scrollIntoView({ block: "start" }); });
  watch();
  again();
})();
