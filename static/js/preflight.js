// The pre-flight report: kinds of errors opened in place, rows corrected in place, then the send.
(function () {
  "use strict";

  const { form: composer, words, refused, version, reach } = window.Goniec.composer;
  const dialog = document.getElementById("preflight");
  const place = dialog.querySelector("[data-report]");
  const language = document.documentElement.lang;
  let startsAt = "";
  const checks = window.Goniec.oneUnderWay();
  let quotes = 0;

  /** The composer's `ask`; its notice that somebody logged out must not stand behind the report. */
  async function ask(url, body) {
    const answer = await window.Goniec.composer.ask(url, body);
    if (answer.status === 401) dialog.close();
    return answer;
  }

  function number(value) {
    return Number(value).toLocaleString(language);
  }

  /** The answer; none when the window was closed before it came. */
  function answered(running) {
    const left = new Promise((resolve) => { dialog.addEventListener("close", () => resolve(null), { once: true }); });
    return Promise.race([running.answer, left]);
  }

  /** Open the report for a start at a wall-clock time, "" for now, of a message previewed in that look. */
  async function open(moment, look) {
    startsAt = moment;
    const running = checks(`${version()} ${startsAt} ${look}`, () => ask(composer.dataset.preflight, { starts_at: startsAt, look }));
    const block = window.Goniec.underWay(words.checking.replace("{n}", number(reach())), words.checkingHint, running.began);
    block.insertAdjacentHTML("beforeend", '<button type="button" class="btn btn-secondary" data-report-close></button>');
    block.lastChild.textContent = words.cancel;
    place.replaceChildren(block);
    dialog.showModal();
    let answer = null;
    try {
      answer = await answered(running);
    } catch (error) {
      dialog.close();
      window.Goniec.composer.setError("body", words.noConnection);
      return;
    }
    if (!answer || !dialog.open) return;
    if (!answer.ok) {
      dialog.close();
      if (answer.status === 409) await refused(answer);
      return;
    }
    composer.querySelector(".schedule").open = false;
    show(await answer.text());
  }

  function show(page) {
    place.innerHTML = page;
    refresh();
    window.Goniec.composer.inLook(report().dataset.look);
  }

  function report() {
    return place.querySelector("[data-report-form]");
  }

  function total() {
    return Array.from(report().querySelectorAll("[data-kind]"), (kind) => Number(kind.dataset.count)).reduce((sum, one) => sum + one, 0);
  }

  function refresh() {
    const form = report();
    const errors = total();
    const send = form.querySelector("[data-report-send]");
    form.querySelector("[data-with-errors]").hidden = errors === 0;
    form.querySelector("[data-without-errors]").hidden = errors > 0;
    form.querySelector(".reach-number").textContent = number(form.dataset.recipients);
    form.querySelector("[data-skipped-line]").hidden = Number(form.dataset.skipped) === 0;
    form.querySelector("span[data-skipped]").textContent = number(form.dataset.skipped);
    const quote = form.querySelector("[data-quote]");
    const facts = form.querySelector("[data-quote-facts]");
    const unpaid = Boolean(quote) && (!facts || facts.hasAttribute("data-lacking"));
    const nobody = Number(form.dataset.recipients) === 0;
    if (nobody) showProblem(words.nobodyLeft);
    send.disabled = Boolean(form.querySelector(".under-way")) || send.hasAttribute("data-forbidden") || nobody || unpaid || (errors > 0 && !form.querySelector("[data-skip]").checked);
    form.querySelectorAll("[data-kind]").forEach((kind) => {
      kind.querySelector("[data-kind-count]").textContent = number(kind.dataset.count);
      kind.hidden = Number(kind.dataset.count) === 0 && !kind.querySelector(".error-row");
    });
  }

  function showProblem(text) {
    const line = report().querySelector("[data-report-error]");
    line.textContent = text;
    line.hidden = !text;
  }

  async function load(rows, url) {
    const answer = await ask(url).catch(() => null);
    if (!answer || !answer.ok) { showProblem(words.noConnection); return; }
    const more = rows.querySelector("[data-more]");
    if (more) more.remove();
    rows.insertAdjacentHTML("beforeend", await answer.text());
  }

  async function toggle(head) {
    const kind = head.closest("[data-kind]");
    const rows = kind.querySelector(".error-rows");
    const opens = rows.hidden;
    head.setAttribute("aria-expanded", String(opens));
    rows.hidden = !opens;
    if (opens && !rows.childElementCount) await load(rows, kind.dataset.rows);
  }

  // Corrections

  function openFix(button) {
    const row = button.closest(".error-row");
    const name = button.dataset.fixOpen;
    if (row.querySelector(".fix-form")) closeFix(row);
    const made = report().querySelector(`[data-${name}-form]`).content.firstElementChild.cloneNode(true);
    made.dataset.url = button.dataset.fixUrl || row.dataset.fixUrl;
    row.append(made);
    button.hidden = true;
    const first = made.querySelector("input, select");
    if (name === "address") first.value = row.dataset.address;
    if (name !== "address") showWording(made);
    if (first) first.focus();
    if (name === "address") first.select();
  }

  function showWording(fix) {
    const chosen = fix.querySelector("[name=definition]");
    if (chosen) fix.querySelector("p[data-wording]").textContent = chosen.selectedOptions[0].dataset.wording;
  }

  function closeFix(row) {
    row.querySelector(".fix-form").remove();
    const opened = row.querySelector("[data-fix-open][hidden]");
    opened.hidden = false;
    opened.focus();
  }

  async function saveFix(row) {
    const fix = row.querySelector(".fix-form");
    const save = fix.querySelector("[data-fix-save]");
    const given = Object.fromEntries(Array.from(fix.querySelectorAll("[name]"), (field) => [field.name, field.value]));
    const problem = fix.querySelector("[data-error]");
    if (save.disabled) return;
    save.disabled = true;
    problem.hidden = true;
    let answer = null;
    try {
      answer = await ask(fix.dataset.url, given);
    } catch (error) {
      problem.textContent = words.noConnection;
    }
    save.disabled = false;
    if (answer && answer.ok) {
      const told = await answer.json();
      if (told.asked) asked(row, told.asked);
      else corrected(row, told, given);
      return;
    }
    if (answer) problem.textContent = answer.status === 409 ? await answer.text() : words.noConnection;
    problem.hidden = false;
  }

  /** A request for consent is under way: the client stays out for now, and the rows say when it was sent. */
  function asked(row, sentence) {
    row.closest("[data-kind]").querySelectorAll(`[data-client="${row.dataset.client}"]`).forEach((same) => {
      if (same.querySelector(".fix-form")) closeFix(same);
      const fixes = same.querySelector(".error-fixes");
      fixes.querySelectorAll("[data-fix-open=asking], .asked").forEach((part) => part.remove());
      const line = document.createElement("small");
      line.className = "asked";
      line.setAttribute("role", "status");
      line.textContent = sentence;
      fixes.append(line);
    });
    row.querySelector("[data-fix-open]").focus();
  }

  /** One client was looked at again: its rows say so, and the counts follow. */
  function corrected(row, told, given) {
    const form = report();
    form.dataset.recipients = Number(form.dataset.recipients) + told.recipients;
    form.dataset.skipped = Number(form.dataset.skipped) + told.skipped;
    const own = row.closest("[data-kind]");
    Object.entries(told.errors).forEach(([reason, change]) => {
      const kind = form.querySelector(`[data-kind="${reason}"]`);
      kind.dataset.count = Number(kind.dataset.count) + change;
      if (change && kind !== own) {
        kind.querySelector(".error-rows").replaceChildren();
        kind.querySelector(".error-rows").hidden = true;
        kind.querySelector(".error-kind-head").setAttribute("aria-expanded", "false");
      }
    });
    own.querySelectorAll(`[data-client="${row.dataset.client}"]`).forEach((same) => settle(same, told, given.address));
    refresh();
    if (told.recipients) requote();
    const next = own.querySelector(".error-row:not(.error-row-fixed) [data-fix-open]");
    if (next) next.focus();
  }

  /** Somebody came in or left: the quote is for everybody, so it is asked anew; nothing is sent meanwhile. */
  async function requote() {
    const quote = report().querySelector("[data-quote]");
    if (!quote) return;
    const turn = ++quotes;
    quote.querySelectorAll("[data-quote-facts]").forEach((facts) => { facts.removeAttribute("data-quote-facts"); facts.classList.add("quote-old"); });
    refresh();
    const answer = await ask(quote.dataset.url).catch(() => null);
    if (turn !== quotes) return;
    if (answer && answer.ok) quote.innerHTML = await answer.text();
    else showProblem(answer ? await answer.text() : words.noConnection);
    refresh();
  }

  function settle(row, { still, note }, address) {
    row.classList.add("error-row-fixed");
    row.querySelectorAll(".fix-form, [data-fix-open]").forEach((part) => part.remove());
    const shown = row.querySelector(".error-client small") || row.querySelector(".error-client").appendChild(document.createElement("small"));
    if (address) shown.textContent = address;
    const line = document.createElement("span");
    line.className = still ? "fixed-still" : "fixed-good";
    line.textContent = still ? words.fixedStill.replace("{reason}", still) : note || words.fixed;
    row.querySelector(".error-row-line").append(line);
  }

  // Sending

  /** While a message is being prepared its report can be neither changed nor left: closing it would undo nothing. */
  function sending(isUnderWay) {
    const form = report();
    const foot = form.querySelector(".report-foot");
    const shown = form.querySelector(".under-way");
    if (shown) shown.remove();
    if (isUnderWay) foot.before(window.Goniec.underWay(words.preparing.replace("{n}", number(form.dataset.recipients)), words.preparingHint, Date.now()));
    form.querySelector(".report-body").inert = isUnderWay;
    form.querySelectorAll("[data-report-close], [data-report-send]").forEach((button) => { button.disabled = isUnderWay; });
    dialog.setAttribute("closedby", isUnderWay ? "none" : "closerequest");
    if (!isUnderWay) refresh();
  }

  dialog.addEventListener("cancel", (event) => { if (dialog.getAttribute("closedby") === "none") event.preventDefault(); });

  async function send() {
    const form = report();
    const button = form.querySelector("[data-report-send]");
    if (button.disabled) return;
    showProblem("");
    sending(true);
    const order = { skip_errors: form.querySelector("[data-skip]").checked, starts_at: startsAt, expected: Number(form.dataset.recipients), version: form.dataset.version, look: form.dataset.look };
    const quoted = form.querySelector("[data-quote-facts]");
    if (quoted) order.cost = Number(quoted.dataset.cost);
    let answer;
    try {
      answer = await ask(form.dataset.send, order);
    } catch (error) {
      // It may have arrived: asking again is safe, an approved campaign is only shown.
      sending(false);
      showProblem(words.noConnection);
      return;
    }
    if (answer.ok) { location.assign((await answer.json()).url); return; }
    sending(false);
    if (answer.status === 409 && (answer.headers.get("Content-Type") || "").startsWith("text/html")) {
      show(await answer.text());
      return;
    }
    if (answer.status === 409) { dialog.close(); await refused(answer); return; }
    showProblem(await answer.text());
  }

  place.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  place.addEventListener("change", (event) => {
    if (event.target.matches("[data-skip]")) refresh();
    if (event.target.matches("[name=definition]")) showWording(event.target.closest(".fix-form"));
  });
  place.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches(".fix-form input")) { event.preventDefault(); saveFix(event.target.closest(".error-row")); }
    if (event.key === "Escape" && event.target.closest(".fix-form")) { event.preventDefault(); event.stopPropagation(); closeFix(event.target.closest(".error-row")); }
  });
  place.addEventListener("click", (event) => {
    const target = event.target.closest("[data-report-close], .error-kind-head, [data-more], [data-fix-open], [data-fix-save], [data-fix-cancel]");
    if (!target) return;
    if (target.matches("[data-report-close]")) dialog.close();
    else if (target.matches(".error-kind-head")) toggle(target);
    else if (target.matches("[data-more]")) load(target.closest(".error-rows"), target.dataset.more);
    else if (target.matches("[data-fix-open]")) openFix(target);
    else if (target.matches("[data-fix-save]")) saveFix(target.closest(".error-row"));
    else closeFix(target.closest(".error-row"));
  });

  window.Goniec.preflight = { open };
})();
