// An open conversation: new messages as they come, read once they were seen, an answer with its counter.
(function () {
  "use strict";

  const EVERY = 4000;
  const NEAR = 80;
  const root = document.querySelector("[data-conversation]");
  const thread = root.querySelector("[data-thread]");
  const form = root.querySelector("[data-answer]");
  const { id } = document.currentScript.dataset;

  function toTheEnd() {
    thread.scrollTop = thread.scrollHeight;
  }

  async function markRead() {
    if (!root.dataset.read || Number(root.dataset.unread) === 0 || document.hidden) return;
    const answer = await window.Goniec.fetch(root.dataset.read, {
      method: "POST",
      body: new URLSearchParams({ seen: root.dataset.seen }),
    });
    if (!answer.ok) return;
    root.dataset.unread = 0;
    window.Goniec.inbox(await answer.json());
  }

  async function refresh() {
    const url = new URL(root.dataset.live, location.href);
    url.searchParams.set("version", root.dataset.version);
    const answer = await window.Goniec.fetch(url);
    if ([401, 403, 404].includes(answer.status)) return false;
    if (!answer.ok) throw new Error(String(answer.status));
    if (answer.status === 204) return true;
    const told = await answer.json();
    const follows = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR;
    thread.innerHTML = told.html;
    if (follows) toTheEnd();
    Object.assign(root.dataset, { version: told.version, seen: told.seen, unread: told.unread });
    await markRead();
    return true;
  }

  function startAnswer() {
    const { body, cost } = form.elements;
    let sent = false;
    let counted = false;
    let counter = null;
    form.querySelectorAll("[data-canned]").forEach((item) => item.addEventListener("click", () => {
      item.closest("details").open = false;
      body.focus();
      body.setRangeText(item.dataset.canned, body.selectionStart, body.selectionEnd, "end");
      body.dispatchEvent(new Event("input", { bubbles: true }));
    }));
    // What leaves costs what was shown: an answer sent faster than it was counted is counted first.
    form.addEventListener("submit", (event) => {
      if (sent || (counter && cost.value === "" && !counted)) event.preventDefault();
      if (sent || !event.defaultPrevented) { sent = true; return; }
      counter.refresh().finally(() => { counted = true; form.requestSubmit(); });
    });
    // Coming back to the page, its form may be sent anew: the server knows what it has sent.
    window.addEventListener("pageshow", () => { sent = false; });
    if (!cost) return;
    counter = window.Goniec.smsCounter({
      read: () => ({ body: body.value, conversation: id }),
      told: (answer) => { cost.value = answer.cost; },
    });
    body.addEventListener("input", () => { cost.value = ""; counted = false; counter.soon(); });
    counter.refresh();
  }

  toTheEnd();
  markRead().catch(() => {});
  document.addEventListener("visibilitychange", () => markRead().catch(() => {}));
  window.Goniec.live(EVERY, refresh);
  if (form) startAnswer();
})();
