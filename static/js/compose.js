// The composer: what is typed goes to the server within a second, and stays in the browser until it is there.
(function () {
  "use strict";

  const form = document.getElementById("composer");
  const data = JSON.parse(document.getElementById("compose-data").textContent);
  const words = JSON.parse(document.getElementById("compose-words").textContent);
  const key = `goniec-draft-${data.id}`;
  const SAVE_AFTER = 800;
  const RETRY_AFTER = 4000;
  const state = form.querySelector("[data-save-state]");
  const lost = document.querySelector("[data-lost]");
  const subject = form.elements.subject;
  const template = form.elements.template_id;
  const strip = form.elements.strip_letters;

  let editor = null;
  let counter = null;
  let version = data.draft.version;
  let reached = data.draft.reach;
  let savedContents = "";
  let templateContents = null;
  let variables = { ...data.draft.variables };
  let timer = 0;
  let saving = null;
  let blocked = false;
  let previewClient = "";

  // Asking the server

  async function freshToken() {
    const answer = await fetch(form.dataset.token, { headers: { Accept: "text/plain" }, redirect: "manual" });
    if (!answer.ok) return false;
    document.querySelector('meta[name="csrf-token"]').content = await answer.text();
    return true;
  }

  /** fetch with JSON; an expired token is renewed once. A status of 401 means that somebody logged out. */
  async function ask(url, body, options) {
    const request = () => window.Goniec.fetch(url, {
      method: body === undefined ? "GET" : "POST",
      headers: { Accept: "application/json", ...(body instanceof FormData ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined || body instanceof FormData ? body : JSON.stringify(body),
      ...options,
    });
    let answer = await request();
    if (answer.status === 400) {
      if (!(await freshToken())) { loggedOut(); return answer; }
      answer = await request();
    }
    if (answer.status === 401) loggedOut();
    return answer;
  }

  // What is on the page

  function contents() {
    return {
      subject: subject ? subject.value : "",
      body: editor ? editor.content() : form.elements.body.value,
      template_id: template.value,
      contract_types: Array.from(form.querySelectorAll("[name=contract_types]:checked"), (box) => box.value),
      variables,
      ...(strip ? { strip_letters: strip.value } : {}),
    };
  }

  function show(draft) {
    if (subject) subject.value = draft.subject;
    if (strip) strip.value = draft.strip_letters || "";
    template.value = draft.template_id || "";
    form.querySelectorAll("[name=contract_types]").forEach((box) => { box.checked = draft.contract_types.includes(box.value); });
    variables = { ...draft.variables };
    if (editor) editor.setContent(draft.body);
    else form.elements.body.value = draft.body;
  }

  function setState(name, extra) {
    state.textContent = extra ? `${state.dataset[name]} ${extra}` : state.dataset[name];
    state.dataset.tone = name;
  }

  function setError(field, text) {
    const group = form.querySelector(`[data-field="${field}"]`) || form.querySelector('[data-field="body"]');
    const place = group.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
    group.classList.toggle("has-error", Boolean(text));
  }

  function clearErrors() {
    form.querySelectorAll("[data-error]").forEach((place) => { place.hidden = true; });
    form.querySelectorAll(".has-error").forEach((group) => group.classList.remove("has-error"));
  }

  /** A refusal near what caused it; the field comes into view. */
  async function refused(answer) {
    const field = answer.headers.get("X-Field") || "body";
    setError(field, await answer.text());
    const group = form.querySelector(`[data-field="${field}"]`);
    if (!group) return;
    if (field === "starts_at") form.querySelector(".schedule").open = true;
    group.hidden = false;
    group.scrollIntoView({ block: "center" });
    const control = group.querySelector("input:not([type=file]), select");
    if (field === "body" && editor) editor.focus();
    else if (control) control.focus({ preventScroll: true });
  }

  function banner(title, text, buttons) {
    lost.querySelector("[data-lost-title]").textContent = title;
    lost.querySelector("[data-lost-text]").textContent = text;
    lost.querySelector("[data-lost-actions]").replaceChildren(...buttons);
    lost.hidden = false;
    lost.scrollIntoView({ block: "nearest" });
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-secondary btn-small";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  function link(text, href) {
    const made = document.createElement("a");
    made.className = "btn btn-secondary btn-small";
    made.textContent = text;
    made.href = href;
    return made;
  }

  function loggedOut() {
    blocked = true;
    keepHere();
    banner(words.loggedOutTitle, words.loggedOutText, [link(words.logIn, form.dataset.login)]);
  }

  function conflict() {
    blocked = true;
    keepHere();
    banner(words.conflictTitle, words.conflictText, [
      button(words.keepMine, () => { version = ""; blocked = false; lost.hidden = true; save(); }),
      button(words.takeTheirs, () => { forget(); location.reload(); }),
    ]);
  }

  function gone(text) {
    blocked = true;
    banner(words.goneTitle, text, [link(words.reload, form.dataset.page)]);
  }

  // Keeping what is typed

  function keepHere() {
    try {
      localStorage.setItem(key, JSON.stringify({ version, contents: contents() }));
    } catch (error) {
      // Storage may be full or forbidden: the server still has every save that succeeded.
    }
  }

  function forget() {
    try {
      localStorage.removeItem(key);
    } catch (error) {
      // As above.
    }
  }

  function keptHere() {
    try {
      return JSON.parse(localStorage.getItem(key) || "null");
    } catch (error) {
      return null;
    }
  }

  function typed() {
    if (JSON.stringify(contents()) === savedContents) return;
    setState("typed");
    keepHere();
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER);
  }

  async function save(options) {
    clearTimeout(timer);
    if (blocked) return false;
    if (saving) { await saving; return save(options); }
    const sent = contents();
    if (JSON.stringify(sent) === savedContents) return true;
    setState("saving");
    saving = post(sent, options);
    try {
      return await saving;
    } finally {
      saving = null;
    }
  }

  async function post(sent, options) {
    let answer;
    try {
      answer = await ask(form.dataset.save, { version, ...sent }, options);
    } catch (error) {
      setState("failed");
      timer = setTimeout(save, RETRY_AFTER);
      return false;
    }
    if (answer.ok) {
      savedContents = JSON.stringify(sent);
      standing(await answer.json());
      if (JSON.stringify(contents()) === savedContents) forget(); else typed();
      preview();
      return true;
    }
    setState("typed");
    if (answer.status === 401 || answer.status === 400) return false;
    const refusal = answer.headers.get("X-Refusal");
    if (refusal === "DraftChanged") conflict();
    else if (refusal === "AlreadyApproved" || refusal === "NoSuchDraft") gone(await answer.text());
    else if (answer.status === 409) await refused(answer);
    else { setState("failed"); timer = setTimeout(save, RETRY_AFTER); }
    return false;
  }

  function standing(told) {
    version = told.version;
    setState("saved", told.savedAt);
    clearErrors();
    setError("body", counter ? "" : told.problem); // a counter says it itself
    if (!told.problem) showVariables(told.fields);
    reached = told.reach;
    const reach = form.querySelector("[data-reach]");
    if (reach) {
      reach.textContent = reach.dataset.text.replace("{n}", told.reach.toLocaleString(data.language));
      reach.hidden = form.querySelectorAll("[name=contract_types]:checked").length < 2;
    }
  }

  function showVariables(fields) {
    const group = form.querySelector('[data-field="variables"]');
    const list = group.querySelector("[data-variables]");
    group.hidden = fields.length === 0;
    const wanted = fields.map((field) => field.name);
    Array.from(list.children).forEach((row) => { if (!wanted.includes(row.dataset.name)) row.remove(); });
    fields.forEach((field) => {
      if (Array.from(list.children).some((row) => row.dataset.name === field.name)) return;
      const row = document.createElement("label");
      const input = document.createElement("input");
      const name = document.createElement("span");
      row.dataset.name = field.name;
      row.className = "variable";
      name.className = "variable-name";
      name.textContent = field.label || `{${field.name}}`;
      input.className = "form-control";
      input.value = variables[field.name] || "";
      input.maxLength = 2000;
      input.addEventListener("input", () => { variables = { ...variables, [field.name]: input.value }; typed(); });
      row.append(name, input);
      list.append(row);
    });
  }

  // Template

  function hasTitle() { return Boolean(subject && subject.value.trim()); }

  /** What a template fills in, to be told from what somebody changed since. */
  function filledIn() {
    const { subject: title, body, strip_letters: stripped } = contents();
    return JSON.stringify([title, body, stripped]);
  }

  async function useTemplate() {
    const before = template.dataset.chosen || "";
    const untouched = (!hasTitle() && (!editor || editor.isEmpty())) || templateContents === filledIn();
    if (!template.value) { template.dataset.chosen = ""; typed(); return; }
    if (!untouched && !(await window.Goniec.confirm(words.overwrite, { yes: words.overwriteYes }))) {
      template.value = before;
      return;
    }
    const answer = await ask(form.dataset.template.replace(/0$/, template.value));
    if (!answer.ok) { template.value = before; return; }
    const chosen = await answer.json();
    if (subject) subject.value = chosen.subject;
    if (strip) strip.value = chosen.strip_letters;
    if (editor) editor.setContent(chosen.body); else form.elements.body.value = chosen.body;
    template.dataset.chosen = template.value;
    templateContents = filledIn();
    typed();
    save();
  }

  // Preview

  const box = document.querySelector("[data-preview-box]");
  const frame = box.querySelector("[data-preview-html]");
  const plain = box.querySelector("[data-preview-text]");
  const empty = box.querySelector("[data-preview-empty]");
  const standingHint = empty ? empty.textContent : "";
  let previewNumber = 0;
  let previewLook = "";

  async function preview() {
    if (counter) { counter.refresh(); return; }
    const number = ++previewNumber;
    if (!subject.value.trim() || (editor && editor.isEmpty())) { showPreview(null, standingHint); return; }
    const answer = await ask(`${form.dataset.preview}?client_id=${previewClient}`).catch(() => null);
    if (!answer || number !== previewNumber) return;
    if (answer.ok) {
      const letter = await answer.json();
      previewLook = letter.look;
      showPreview(letter, "");
    }
    else if (answer.status === 409) showPreview(null, await answer.text());
  }

  function showPreview(letter, problem) {
    const text = box.querySelector('[data-tab="text"]').getAttribute("aria-selected") === "true";
    empty.textContent = problem;
    empty.hidden = Boolean(letter);
    frame.hidden = !letter || text;
    plain.hidden = !letter || !text;
    box.querySelector("[data-preview-subject]").textContent = letter ? letter.subject : "—";
    if (!letter) return;
    if (frame.srcdoc !== letter.html) frame.srcdoc = letter.html;
    plain.textContent = letter.text;
  }

  /** The report was made in that look: a preview that shows another one is made anew. */
  function inLook(look) {
    if (previewLook && look !== previewLook) preview();
  }

  box.querySelectorAll("[data-tab]").forEach((tab) => tab.addEventListener("click", () => {
    box.querySelectorAll("[data-tab]").forEach((other) => other.setAttribute("aria-selected", String(other === tab)));
    preview();
  }));

  const chooser = document.getElementById("preview-client");
  const found = document.getElementById("preview-clients");
  let choices = [];
  let active = -1;
  let searching = 0;

  function listClients() {
    found.replaceChildren(...choices.map((client, index) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(index === active));
      item.textContent = client.address ? `${client.name} · ${client.address}` : client.name;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); chooseClient(client); });
      return item;
    }));
    if (!choices.length) {
      const none = document.createElement("li");
      none.textContent = words.nobody;
      none.className = "text-faint";
      found.append(none);
    }
    found.hidden = false;
    chooser.setAttribute("aria-expanded", "true");
  }

  function closeClients() {
    found.hidden = true;
    active = -1;
    chooser.setAttribute("aria-expanded", "false");
  }

  function chooseClient(client) {
    previewClient = client ? String(client.id) : "";
    chooser.value = client ? client.name : "";
    closeClients();
    preview();
  }

  async function findClients() {
    const answer = await ask(`${form.dataset.audience}?query=${encodeURIComponent(chooser.value.trim())}`);
    if (!answer.ok) return;
    choices = await answer.json();
    active = -1;
    if (document.activeElement === chooser) listClients();
  }

  chooser.addEventListener("input", () => {
    if (!chooser.value.trim() && previewClient) { previewClient = ""; preview(); }
    clearTimeout(searching);
    searching = setTimeout(findClients, 180);
  });
  chooser.addEventListener("focus", findClients);
  chooser.addEventListener("blur", closeClients);
  chooser.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeClients();
    if (event.key === "Enter") { event.preventDefault(); if (active >= 0) chooseClient(choices[active]); }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    if (!choices.length) return;
    active = (active + (event.key === "ArrowDown" ? 1 : -1) + choices.length) % choices.length;
    listClients();
  });

  // Buttons

  const testButton = form.querySelector("[data-send-test]");
  const told = form.querySelector("[data-test-told]");
  const number = form.querySelector("[data-test-number]");
  if (testButton) testButton.addEventListener("click", async () => {
    testButton.disabled = true;
    told.textContent = "";
    try {
      if (!(await save())) return;
      const answer = await ask(form.dataset.test, { client_id: previewClient, number: number ? number.value : "" });
      if (answer.ok) told.textContent = (await answer.json()).message;
      else if (answer.status === 409 && number) told.textContent = await answer.text();
      else if (answer.status === 409) await refused(answer);
    } catch (error) {
      told.textContent = words.noConnection;
    } finally {
      testButton.disabled = false;
    }
  });

  /** Marks every required field that is empty, and not only the first one the server would name. */
  function nothingIsMissing() {
    const types = form.querySelectorAll("[name=contract_types]");
    const missing = [
      ["subject", Boolean(subject) && !subject.value.trim()],
      ["contract_types", types.length > 0 && !Array.from(types).some((type) => type.checked)],
      ["body", editor ? editor.isEmpty() : !form.elements.body.value.trim()],
    ].filter(([, isMissing]) => isMissing).map(([field]) => field);
    missing.forEach((field) => setError(field, words.missing[field]));
    if (missing.length) form.querySelector(`[data-field="${missing[0]}"]`).scrollIntoView({ block: "center" });
    if (missing[0] === "subject") subject.focus({ preventScroll: true });
    return missing.length === 0;
  }

  const sendButton = form.querySelector("[data-send]");
  async function toPreflight(startsAt) {
    if (sendButton.disabled) return;
    sendButton.disabled = true;
    clearErrors();
    try {
      if ((await save()) && nothingIsMissing()) await window.Goniec.preflight.open(startsAt, previewLook);
    } finally {
      sendButton.disabled = false;
    }
  }
  sendButton.addEventListener("click", () => toPreflight(""));
  form.querySelector("[data-schedule]").addEventListener("click", () => {
    const moment = form.querySelector("#starts_at");
    toPreflight(moment.value || "?");
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    toPreflight("");
  });
  document.getElementById("discard-form").addEventListener("submit", () => { blocked = true; clearTimeout(timer); forget(); });
  if (subject) subject.addEventListener("input", typed);
  if (strip) strip.addEventListener("change", () => { typed(); save(); counter.refresh(); });
  form.querySelectorAll("[name=contract_types]").forEach((checkbox) => checkbox.addEventListener("change", () => { typed(); save(); }));
  template.addEventListener("change", useTemplate);
  window.addEventListener("pagehide", () => { if (!blocked) save({ keepalive: true }); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && !blocked) save(); });

  window.Goniec.composer = { form, words, ask, refused, save, setError, version: () => version, reach: () => reached, inLook };

  // Beginning

  function plainText() {
    counter = window.Goniec.smsCounter({
      read: () => ({ ...contents(), campaign: data.id, client: previewClient }),
      send: (url, body) => ask(url, body),
    });
    return window.Goniec.plainEditor(form.elements.body, {
      tags: data.mergeTags,
      tagsTitle: words.mergeTags,
      changed: () => { typed(); counter.soon(); },
    });
  }

  function richText() {
    return window.Goniec.editor(form.elements.body, {
      base: new URL("../vendor/hugerte", document.querySelector('script[src*="js/compose.js"]').src).href,
      language: data.language,
      tags: data.mergeTags,
      tagsTitle: words.mergeTags,
      codeTitle: words.codeChip,
      label: document.querySelector('label[for="body"]').textContent.replace("*", "").trim(),
      changed: () => { if (editor) typed(); },
      submit: () => toPreflight(""),
    });
  }

  async function begin() {
    template.dataset.chosen = template.value;
    editor = data.channel === "sms" ? plainText() : await richText();
    savedContents = JSON.stringify(contents());
    const kept = keptHere();
    standing(data.draft);
    if (kept && JSON.stringify(kept.contents) !== savedContents) {
      show(kept.contents);
      if (kept.version === version) {
        window.Goniec.notify(words.restored, "info");
        save();
      } else {
        conflict();
      }
    } else {
      forget();
    }
    preview();
    form.dataset.ready = "yes";
  }
  begin();
})();
