// Lists: adding a filter, ticking rows.
(function () {
  "use strict";

  const definitions = JSON.parse(document.getElementById("filter-definitions").textContent);
  const form = document.querySelector("[data-filter-form]");

  function option(value, text) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = text;
    return made;
  }

  function valueControl(definition, position) {
    const control = document.createElement(definition.options ? "select" : "input");
    control.className = "form-control";
    control.name = `flt${position}_${definition.key}`;
    control.required = true;
    control.setAttribute("aria-label", definition.name);
    if (definition.options) {
      definition.options.forEach(([value, text]) => control.append(option(value, text)));
    } else {
      control.type = definition.type === "date" ? "date" : "text";
    }
    return control;
  }

  if (form) {
    const pick = form.querySelector("[data-filter-pick]");
    const place = form.querySelector("[data-filter-value]");
    definitions.forEach((definition, index) => pick.append(option(index, [definition.name, definition.verb].filter(Boolean).join(" "))));
    const show = () => place.replaceChildren(valueControl(definitions[pick.value], form.dataset.next));
    pick.addEventListener("change", show);
    if (definitions.length) show();
  }

  const bar = document.querySelector("[data-selection]");
  if (!bar) return;
  const ticks = Array.from(document.querySelectorAll("[data-tick]"));
  const all = document.querySelector("[data-tick-all]");
  const everything = bar.querySelector("[data-everything]");
  const text = bar.querySelector("[data-selection-text]");
  const widen = bar.querySelector("[data-select-everything]");

  function refresh() {
    const count = ticks.filter((tick) => tick.checked).length;
    if (count < ticks.length) everything.value = "";
    bar.hidden = count === 0;
    all.checked = count === ticks.length;
    all.indeterminate = count > 0 && count < ticks.length;
    text.textContent = everything.value ? text.dataset.all : text.dataset.ticked.replace("{n}", count);
    if (widen) widen.hidden = Boolean(everything.value) || count < ticks.length;
    ticks.forEach((tick) => tick.closest("tr").classList.toggle("ticked", tick.checked));
  }

  function tickAll(checked) {
    ticks.forEach((tick) => { tick.checked = checked; });
    if (!checked) everything.value = "";
    refresh();
  }

  ticks.forEach((tick) => tick.addEventListener("change", refresh));
  all.addEventListener("change", () => tickAll(all.checked));
  bar.querySelector("[data-select-nothing]").addEventListener("click", () => tickAll(false));
  if (widen) widen.addEventListener("click", () => { everything.value = "1"; refresh(); });
  refresh();
})();
