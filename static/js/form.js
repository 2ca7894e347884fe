// Forms: records inside a record, and looking records up by name.
(function () {
  "use strict";

  const WAIT_BEFORE_ASKING = 180;

  function nextIndex(rows, prefix) {
    const used = Array.from(rows.children, (row) => Number((row.id || "").slice(prefix.length + 1)) + 1 || 0);
    return Math.max(0, ...used);
  }

  function addInlineRow(list) {
    const rows = list.querySelector("[data-inline-rows]");
    const prefix = `${list.id}-${nextIndex(rows, list.id)}`;
    const row = list.querySelector("[data-inline-template]").content.firstElementChild.cloneNode(true);
    row.id = prefix;
    row.querySelectorAll("[name]").forEach((field) => {
      field.name = `${prefix}-${field.name}`;
      const label = row.querySelector(`label[for="${field.id}"]`);
      field.id = `${prefix}-${field.id}`;
      if (label) label.htmlFor = field.id;
    });
    rows.append(row);
    row.querySelectorAll("[data-role='select2-ajax']").forEach(lookUp);
    const first = row.querySelector("input:not([type=hidden]), select, textarea");
    if (first) first.focus();
    // The first address of a client is the primary one until somebody says otherwise.
    const primary = row.querySelector("[name$='-is_primary']");
    if (primary && !rows.querySelector("[name$='-is_primary']:checked")) primary.checked = true;
  }

  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-inline-add]");
    if (add) addInlineRow(add.closest("[data-inline-list]"));
    const remove = event.target.closest("[data-inline-remove]");
    if (remove) remove.closest("[data-inline-row]").remove();
  });

  // One primary address at a time.
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[name$='-is_primary']") || !event.target.checked) return;
    event.target.closest("[data-inline-rows]").querySelectorAll("[name$='-is_primary']").forEach((other) => {
      if (other !== event.target) other.checked = false;
    });
  });

  // A hidden field of ids becomes chips and a search box (combobox pattern of WAI-ARIA).
  function lookUp(hidden) {
    const many = hidden.dataset.multiple === "1";
    const given = hidden.dataset.json ? JSON.parse(hidden.dataset.json) : [];
    let chosen = many ? given : (given.length ? [given] : []);
    let found = [];
    let active = -1;
    let timer = 0;

    const box = document.createElement("div");
    const chips = document.createElement("div");
    const input = document.createElement("input");
    const list = document.createElement("ul");
    box.className = "lookup";
    chips.className = "lookup-chips";
    input.className = "form-control";
    input.type = "text";
    input.autocomplete = "off";
    input.id = `${hidden.id}-search`;
    input.placeholder = hidden.dataset.placeholder || "";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", `${hidden.id}-list`);
    list.id = `${hidden.id}-list`;
    list.className = "lookup-list";
    list.setAttribute("role", "listbox");
    list.hidden = true;
    box.append(chips, input, list);
    hidden.after(box);
    const label = document.querySelector(`label[for="${hidden.id}"]`);
    if (label) label.htmlFor = input.id;

    function store(isFirst) {
      hidden.value = chosen.length ? chosen.map(([id]) => id).join(",") : (hidden.dataset.allowBlank && !many ? "__None" : "");
      // Showing what was stored is no change by anybody.
      if (!isFirst) hidden.dispatchEvent(new Event("input", { bubbles: true }));
      chips.replaceChildren(...chosen.map(([id, text]) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.className = "chip";
        chip.textContent = text;
        chip.addEventListener("click", () => { chosen = chosen.filter((pair) => pair[0] !== id); store(); input.focus(); });
        return chip;
      }));
    }

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
    }

    function choose(pair) {
      chosen = many ? [...chosen.filter(([id]) => id !== pair[0]), pair] : [pair];
      input.value = "";
      close();
      store();
    }

    function show() {
      list.replaceChildren(...found.map((pair, index) => {
        const item = document.createElement("li");
        item.id = `${hidden.id}-option-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(index === active));
        item.textContent = pair[1];
        item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(pair); });
        return item;
      }));
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      if (active >= 0) input.setAttribute("aria-activedescendant", `${hidden.id}-option-${active}`);
      else input.removeAttribute("aria-activedescendant");
    }

    async function ask() {
      const query = input.value.trim();
      if (query.length < Number(hidden.dataset.minimumInputLength || 1)) { found = []; show(); return; }
      const separator = hidden.dataset.url.includes("?") ? "&" : "?";
      const answer = await window.Goniec.fetch(`${hidden.dataset.url}${separator}query=${encodeURIComponent(query)}&limit=12`);
      if (!answer.ok || query !== input.value.trim()) return;
      found = await answer.json();
      active = -1;
      show();
    }

    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_BEFORE_ASKING); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter") { event.preventDefault(); if (active >= 0) choose(found[active]); }
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      if (!found.length) return;
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
      show();
    });
    store(true);
  }

  document.querySelectorAll("[data-role='select2-ajax']").forEach(lookUp);

  // Fields that only one kind of record has: data-only-when="kind=company".
  document.querySelectorAll("form.record-form").forEach((form) => {
    const dependent = Array.from(form.querySelectorAll("[data-only-when]"));
    const refresh = () => dependent.forEach((element) => {
      const [name, value] = element.dataset.onlyWhen.split("=");
      const group = element.closest(".form-group") || element;
      group.hidden = form.elements[name] && form.elements[name].value !== value;
    });
    form.addEventListener("change", refresh);
    refresh();
  });
})();
