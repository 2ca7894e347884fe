// The editors of SMS: Goniec.plainEditor(textarea, options) and Goniec.smsCounter(options). Counting is the
// server's: what is typed is sent to it a moment after the last key, and its answer is shown as it is.
(function () {
  "use strict";

  const WAIT = 250;

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // A plain textarea with the menu of fields; the same functions as Goniec.editor.

  function insert(textarea, text) {
    textarea.focus();
    textarea.setRangeText(text, textarea.selectionStart, textarea.selectionEnd, "end");
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function fieldsMenu(textarea, options) {
    const menu = element("details", "popover-menu sms-fields");
    const summary = element("summary", "btn btn-secondary btn-small");
    const icon = element("i", "bi bi-braces");
    const panel = element("div", "popover-panel sms-fields-panel");
    menu.dataset.popover = "";
    icon.setAttribute("aria-hidden", "true");
    summary.append(icon, options.tagsTitle);
    panel.append(...options.tags.map((tag) => {
      const item = element("button", "popover-item", tag.label);
      item.type = "button";
      item.append(element("code", "sms-field-tag", tag.tag));
      item.addEventListener("click", () => { menu.open = false; insert(textarea, tag.tag); });
      return item;
    }));
    menu.append(summary, panel);
    return menu;
  }

  function plainEditor(textarea, options) {
    const menu = fieldsMenu(textarea, options);
    textarea.before(menu);
    textarea.addEventListener("input", () => options.changed());
    return {
      content: () => textarea.value,
      setContent: (text) => { textarea.value = text; options.changed(); },
      focus: () => textarea.focus(),
      isEmpty: () => !textarea.value.trim(),
      show: (shown) => { menu.hidden = !shown; },
    };
  }

  // The counter

  function chip(found) {
    const made = element("li", `chip sms-chip sms-chip-${found.tone}`);
    made.title = `${found.code}: ${found.why}`;
    made.append(element("span", "sms-chip-sign", found.shown || found.name || found.code));
    if (found.name && found.shown) made.append(element("span", "", found.name));
    if (found.plain.trim()) made.append(element("span", "sms-chip-plain", `→ ${found.plain}`));
    return made;
  }

  /** A line for each reason, with its characters as chips. */
  function reasons(expensive) {
    const lines = new Map();
    expensive.forEach((found) => lines.set(found.why, [...(lines.get(found.why) || []), found]));
    return Array.from(lines, ([why, those]) => {
      const line = element("li", "sms-why");
      const chips = element("ul", "sms-chips");
      chips.append(...those.map(chip));
      line.append(element("span", "sms-why-name", `${why}:`), chips);
      return line;
    });
  }

  /** The text with every dear character marked. */
  function marked(text, expensive) {
    const why = new Map(expensive.map((found) => [found.character, found]));
    const parts = [];
    let plain = "";
    Array.from(text).forEach((character) => {
      const found = why.get(character);
      if (!found) { plain += character; return; }
      parts.push(plain);
      plain = "";
      const mark = element("mark", "sms-mark", character);
      mark.title = `${found.name || found.code}: ${found.why}`;
      parts.push(mark);
    });
    return [...parts, plain];
  }

  function show(root, phone, told) {
    const find = (name) => root.querySelector(`[data-sms-${name}]`);
    const encoding = find("encoding");
    find("characters").textContent = told.characters;
    find("parts").textContent = told.partsText;
    find("price").textContent = told.price;
    encoding.textContent = told.encodingLabel;
    encoding.className = `badge badge-${told.encodingTone}`;
    encoding.hidden = !told.parts;
    find("plain").textContent = told.plain;
    find("plain").hidden = !told.plain;
    find("plain").classList.toggle("sms-saves", told.saves);
    find("reasons").replaceChildren(...reasons(told.expensive));
    find("dear-title").textContent = told.dearTitle;
    root.classList.toggle("sms-same-price", !told.saves);
    if (phone) phone.classList.toggle("sms-same-price", !told.saves);
    find("dear").hidden = told.expensive.length === 0;
    find("problem").textContent = told.problem;
    find("problem").hidden = !told.problem;
    root.dataset.parts = told.parts;
    root.classList.remove("sms-old");
    if (!phone) return;
    const bubble = phone.querySelector("[data-sms-bubble]");
    bubble.replaceChildren(...marked(told.text, told.expensive));
    bubble.hidden = !told.text;
    phone.querySelector("[data-sms-empty]").hidden = Boolean(told.text);
  }

  function ask(url, body) {
    return window.Goniec.fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** `read` gives body, strip_letters and variables, and the campaign, client or conversation whose reader it is
   *  shown for; `send`, where a page has its own way of asking, answers as fetch does; `told` hears each answer.
   *  The page holds one counter.
   */
  function smsCounter({ read, send = ask, told: hear = () => {} }) {
    const root = document.querySelector("[data-sms-counter]");
    const phone = document.querySelector("[data-sms-phone]");
    let turn = 0;
    let timer = 0;

    async function refresh() {
      clearTimeout(timer);
      const asked = ++turn;
      const { body, strip_letters = "", variables = {}, campaign = "", client = "", conversation = "" } = read();
      const asks = { body, strip_letters, variables, campaign, client, conversation };
      const answer = await send(root.dataset.url, asks).catch(() => null);
      if (asked !== turn || !answer || !answer.ok) return;
      const told = await answer.json();
      if (asked !== turn) return;
      show(root, phone, told);
      hear(told);
    }

    function soon() {
      turn += 1;
      root.classList.add("sms-old");
      clearTimeout(timer);
      timer = setTimeout(refresh, WAIT);
    }

    return { refresh, soon, root };
  }

  window.Goniec.plainEditor = plainEditor;
  window.Goniec.smsCounter = smsCounter;
})();
