// The counter of unread conversations in the top bar: asked for again every few seconds while the page is seen.
// Goniec.live(every, ask) is the beat that other pages use too; Goniec.inbox(told) shows what the server told.
(function () {
  "use strict";

  const LONGEST = 60000;
  const EVERY = 5000;

  /** Call `ask` now and then while the page is seen, more rarely while it fails; it answers false to end it. */
  function live(every, ask) {
    let wait = every;
    let timer = 0;
    let ended = false;
    let asking = false;

    function next(after) {
      clearTimeout(timer);
      if (!ended && !document.hidden) timer = setTimeout(beat, after);
    }

    async function beat() {
      if (asking) return;
      asking = true;
      try {
        ended = (await ask()) === false;
        wait = every;
      } catch (error) {
        wait = Math.min(wait * 2, LONGEST);
      }
      asking = false;
      next(wait);
    }

    document.addEventListener("visibilitychange", () => {
      if (document.hidden) clearTimeout(timer);
      else next(0);
    });
    next(every);
  }

  const counter = document.querySelector("[data-inbox]");

  function inbox(told) {
    if (!counter) return;
    const count = counter.querySelector("[data-inbox-count]");
    const said = document.querySelector("[data-inbox-said]");
    if (count.textContent !== String(told.unread)) said.textContent = told.text;
    count.textContent = told.unread;
    count.hidden = told.unread === 0;
    counter.href = told.unread ? counter.dataset.unreadList : counter.dataset.list;
    counter.title = told.text;
    counter.setAttribute("aria-label", told.text);
    document.dispatchEvent(new CustomEvent("goniec:inbox", { detail: told }));
  }

  window.Goniec.live = live;
  window.Goniec.inbox = inbox;

  if (!counter) return;
  live(EVERY, async () => {
    const answer = await window.Goniec.fetch(counter.dataset.url);
    if (answer.status === 401 || answer.status === 403) return false;
    if (!answer.ok) throw new Error(String(answer.status));
    inbox(await answer.json());
    return true;
  });
})();
