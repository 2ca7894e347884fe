// Attachments of the composer: dropped or chosen, each with its own progress, refused where they lie.
(function () {
  "use strict";

  const { form, words } = window.Goniec.composer;
  const { limits } = JSON.parse(document.getElementById("compose-data").textContent);
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector("[data-files]");
  const list = form.querySelector("[data-file-list]");
  const language = document.documentElement.lang;

  function size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    const [value, unit] = bytes >= 1048576 ? [bytes / 1048576, "MB"] : [bytes / 1024, "KB"];
    return `${value.toLocaleString(language, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
  }

  function together() {
    return Array.from(list.querySelectorAll("[data-size]:not(.file-refused)"), (row) => Number(row.dataset.size)).reduce((sum, one) => sum + one, 0);
  }

  function part(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function removeButton(name) {
    const button = part("button", "icon-button");
    button.type = "button";
    button.dataset.detachFile = "";
    button.setAttribute("aria-label", words.remove.replace("{file}", name));
    button.append(part("i", "bi bi-x-lg"));
    return button;
  }

  function rowFor(file) {
    const row = part("li", "file-uploading");
    row.dataset.file = "";
    row.dataset.size = file.size;
    const progress = part("progress", "bar");
    progress.max = 1;
    progress.value = 0;
    row.append(part("i", "bi bi-file-earmark"), part("span", "file-name", file.name), part("span", "file-size", size(file.size)), progress, removeButton(file.name));
    list.append(row);
    return row;
  }

  function fail(row, text) {
    row.className = "file-refused";
    const progress = row.querySelector("progress");
    if (progress) progress.remove();
    row.append(part("span", "file-error", text));
  }

  function problemOf(file) {
    if (file.size > limits.each) return words.tooLarge.replace("{file}", file.name);
    if (together() + file.size > limits.together) return words.tooLargeTogether;
    return "";
  }

  function upload(file) {
    const problem = problemOf(file);
    const row = rowFor(file);
    if (problem) { fail(row, problem); return Promise.resolve(); }
    const body = new FormData();
    body.append("file", file);
    // fetch tells nothing of an upload's progress.
    const request = new XMLHttpRequest();
    request.open("POST", form.dataset.attach);
    request.setRequestHeader("X-CSRFToken", window.Goniec.csrfToken());
    request.setRequestHeader("X-Requested-With", "fetch");
    row.upload = request;
    return new Promise((resolve) => {
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) row.querySelector("progress").value = event.loaded / event.total; });
      request.addEventListener("error", () => { fail(row, words.uploadFailed.replace("{file}", file.name)); resolve(); });
      request.addEventListener("load", () => {
        if (request.status === 200) {
          const stored = JSON.parse(request.responseText);
          row.className = "";
          row.dataset.id = stored.id;
          row.querySelector(".file-name").textContent = stored.name;
          row.querySelector("progress").remove();
        } else {
          fail(row, request.status === 409 ? request.responseText : words.uploadFailed.replace("{file}", file.name));
        }
        resolve();
      });
      request.send(body);
    });
  }

  async function uploadAll(files) {
    for (const file of files) await upload(file);
  }

  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-detach-file]");
    if (!button) return;
    const row = button.closest("[data-file]") || button.closest("li");
    if (row.upload && !row.dataset.id) { row.upload.abort(); row.remove(); return; }
    if (!row.dataset.id) { row.remove(); return; }
    button.disabled = true;
    const answer = await window.Goniec.composer.ask(form.dataset.detach.replace(/0$/, row.dataset.id), {}).catch(() => null);
    if (answer && (answer.ok || answer.status === 409)) row.remove();
    else button.disabled = false;
  });

  input.addEventListener("change", () => { uploadAll(Array.from(input.files)); input.value = ""; });
  ["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("drop-over"); }));
  ["dragleave", "drop"].forEach((name) => drop.addEventListener(name, () => drop.classList.remove("drop-over")));
  drop.addEventListener("drop", (event) => { event.preventDefault(); uploadAll(Array.from(event.dataTransfer.files)); });
  // A file dropped beside the box must not make the browser leave the page.
  ["dragover", "drop"].forEach((name) => window.addEventListener(name, (event) => event.preventDefault()));
  list.querySelectorAll("[data-size]").forEach((row) => { row.querySelector(".file-size").textContent = size(Number(row.dataset.size)); });
})();
