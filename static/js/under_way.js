// What is going on, of how many and for how long: for whatever may take longer than a person likes to wait.
(function () {
  "use strict";

  window.Goniec = window.Goniec || {};

  function line(tag, name, text) {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = text;
    return made;
  }

  /** A block that counts seconds since ``began`` (as of Date.now) until it leaves the page; a reader hears only the first line. */
  window.Goniec.underWay = function (what, hint, began) {
    const block = line("div", "under-way", "");
    const told = line("p", "under-way-what", what);
    const timer = line("p", "under-way-time", "");
    const more = line("p", "under-way-hint", hint);
    const tick = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      if (seconds) timer.textContent = `${seconds} s`;
      more.classList.toggle("is-due", seconds >= 2);
    };
    told.setAttribute("role", "status");
    timer.setAttribute("role", "timer");
    block.append(told, timer, more);
    tick();
    const every = setInterval(() => { if (block.isConnected) tick(); else clearInterval(every); }, 250);
    return block;
  };

  /** Starts a request, or gives the one under way for the same key: what is asked for twice runs once. */
  window.Goniec.oneUnderWay = function () {
    let last = null;
    return (key, start) => {
      if (last && last.key === key) return last;
      const started = { key, began: Date.now(), answer: start() };
      const ended = () => { if (last === started) last = null; };
      started.answer.then(ended, ended);
      last = started;
      return started;
    };
  };
})();
