// The rich text editor: Goniec.editor(textarea, options) resolves to {content, setContent, focus}.
// EJS survives it: code between tags becomes an uneditable chip, code inside a tag an opaque word, code between
// the rows of a table a comment; all of them become code again on the way out.
(function () {
  "use strict";

  const CODE = /<%[\s\S]*?%>/y;
  const COMMENT = "gncejs:";
  const WORD = /gncejs([0-9a-f]+)x/g;
  const TYPED = /&lt;%([\s\S]*?)%&gt;/g;
  const BLOCK = /<\/?(?:p|div|table|tr|td|li|ul|ol|h[1-6])\b/i;
  const STRUCTURAL = new Set(["TABLE", "TBODY", "THEAD", "TFOOT", "TR", "COLGROUP", "UL", "OL", "DL"]);
  const FLOW = new Set(["DIV", "TD", "TH", "LI", "BLOCKQUOTE", "SECTION", "ARTICLE", "CENTER", "HEADER", "FOOTER", "MAIN"]);
  const INLINE = new Set("A B BIG CODE EM FONT I IMG S SMALL SPAN STRIKE STRONG SUB SUP U BR MARK ABBR TIME".split(" "));
  const LONGEST_LABEL = 70;
  const LARGEST_PICTURE = 2 * 1024 * 1024;

  function toWord(code) {
    return `gncejs${Array.from(new TextEncoder().encode(code), (byte) => byte.toString(16).padStart(2, "0")).join("")}x`;
  }

  function fromWord(_word, hex) {
    return new TextDecoder().decode(Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)));
  }

  /** The source with every piece of EJS replaced: by a comment between tags, by a word inside one. */
  function tokenised(source) {
    let out = "";
    let position = 0;
    let state = "text";
    let quote = "";
    while (position < source.length) {
      CODE.lastIndex = position;
      const code = source.startsWith("<%", position) && CODE.exec(source);
      if (code && state !== "style") {
        out += state === "tag" ? toWord(code[0]) : `<!--${COMMENT}${encodeURIComponent(code[0])}-->`;
        position = CODE.lastIndex;
        continue;
      }
      if (state === "text") {
        if (source.startsWith("<!--", position)) {
          const end = source.indexOf("-->", position);
          const stop = end < 0 ? source.length : end + 3;
          out += source.slice(position, stop);
          position = stop;
          continue;
        }
        if (/<[a-z/]/iy.test(source.slice(position, position + 2))) state = /^<style\b/i.test(source.slice(position, position + 7)) ? "style" : "tag";
      } else if (state === "style") {
        if (/^<\/style/i.test(source.slice(position, position + 7))) state = "tag";
      } else if (quote) {
        if (source[position] === quote) quote = "";
      } else if (source[position] === '"' || source[position] === "'") {
        quote = source[position];
      } else if (source[position] === ">") {
        state = "text";
      }
      out += source[position];
      position += 1;
    }
    return out;
  }

  function meaningful(node, step) {
    let next = node[step];
    while (next && ((next.nodeType === Node.COMMENT_NODE && next.data.startsWith(COMMENT)) || (next.nodeType === Node.TEXT_NODE && !next.data.trim()))) next = next[step];
    return next;
  }

  function standsInText(comment) {
    const parent = comment.parentNode;
    if (parent.nodeType === Node.ELEMENT_NODE && !FLOW.has(parent.nodeName)) return true;
    return [meaningful(comment, "previousSibling"), meaningful(comment, "nextSibling")].some((node) => node && (node.nodeType === Node.TEXT_NODE || INLINE.has(node.nodeName)));
  }

  function chip(comment, title) {
    const code = decodeURIComponent(comment.data.slice(COMMENT.length));
    const made = document.createElement(standsInText(comment) ? "span" : "div");
    made.className = "ejs-chip";
    made.setAttribute("contenteditable", "false");
    made.setAttribute("data-ejs", encodeURIComponent(code));
    made.title = title;
    made.textContent = code.length > LONGEST_LABEL ? `${code.slice(0, LONGEST_LABEL)}…` : code;
    return made;
  }

  /** Source as written → HTML the editor can hold. */
  function intoEditor(source, title) {
    if (!source.includes("<%")) return source;
    const template = document.createElement("template");
    template.innerHTML = tokenised(source);
    const walker = document.createTreeWalker(template.content, NodeFilter.SHOW_COMMENT);
    const comments = [];
    while (walker.nextNode()) if (walker.currentNode.data.startsWith(COMMENT)) comments.push(walker.currentNode);
    const chips = comments.map((comment) => (STRUCTURAL.has(comment.parentNode.nodeName) ? null : chip(comment, title)));
    comments.forEach((comment, index) => { if (chips[index]) comment.replaceWith(chips[index]); });
    return template.innerHTML;
  }

  /** What was typed as text, entity-encoded by the editor, is code too. */
  function typedCode(whole, inner) {
    if (BLOCK.test(inner)) return whole;
    const area = document.createElement("textarea");
    area.innerHTML = inner.replace(/<[^>]*>/g, "");
    return `<%${area.value.replace(/\u00a0/g, " ")}%>`;
  }

  function outOfEditor(html) {
    return html.replace(WORD, fromWord).replace(TYPED, typedCode);
  }

  function asCode(node, code) {
    node.type = 3;
    node.name = "#text";
    node.raw = true;
    node.value = code;
    node.attributes = undefined;
    node.firstChild = node.lastChild = undefined;
  }

  function keepCode(editor, title) {
    editor.on("BeforeSetContent", (event) => { if (event.format !== "raw") event.content = intoEditor(event.content, title); });
    editor.on("GetContent", (event) => { if (typeof event.content === "string" && event.format !== "text") event.content = outOfEditor(event.content); });
    editor.on("PreInit", () => {
      editor.serializer.addAttributeFilter("data-ejs", (nodes) => nodes.forEach((node) => asCode(node, decodeURIComponent(node.attr("data-ejs")))));
      editor.serializer.addNodeFilter("#comment", (nodes) => nodes.forEach((node) => {
        if (node.value && node.value.startsWith(COMMENT)) asCode(node, decodeURIComponent(node.value.slice(COMMENT.length)));
      }));
    });
  }

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function addTags(editor, options) {
    const items = options.tags.map((tag, index) => {
      editor.ui.registry.addMenuItem(`mergetag${index}`, { text: tag.label, shortcut: tag.tag, onAction: () => editor.insertContent(tag.tag) });
      return { type: "menuitem", text: tag.label, shortcut: tag.tag, onAction: () => editor.insertContent(tag.tag) };
    });
    editor.ui.registry.addMenuButton("mergetags", { text: options.tagsTitle, fetch: (done) => done(items) });
  }

  function pickPicture(done) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/png,image/jpeg,image/gif,image/webp";
    input.addEventListener("change", () => {
      const file = input.files[0];
      if (!file || file.size > LARGEST_PICTURE) return;
      const reader = new FileReader();
      reader.addEventListener("load", () => done(reader.result, { alt: "" }));
      reader.readAsDataURL(file);
    });
    input.click();
  }

  function settings(textarea, options) {
    const dark = isDark();
    const narrow = matchMedia("(max-width: 640px)").matches;
    const fields = options.tags.length ? "mergetags" : "";
    const menus = `insert view format table tools ${fields}`.trim();
    return {
      target: textarea,
      base_url: options.base,
      cache_suffix: new URL(document.querySelector('script[src*="hugerte.min.js"]').src).search,
      suffix: ".min",
      language: options.language === "pl" ? "pl" : "en",
      skin: dark ? "oxide-dark" : "oxide",
      content_css: dark ? "dark" : "default",
      content_style: `body { font: 16px/1.5 Arial, Helvetica, sans-serif; margin: 14px 16px;${dark ? " background: #1c2027; color: #e8eaf0;" : ""} } .ejs-chip { font: 12px/1.6 ui-monospace, monospace; padding: 1px 7px; border-radius: 6px; background: ${dark ? "#2b2350" : "#efeaff"}; color: ${dark ? "#c3b5ff" : "#5b3fc4"}; cursor: default; } div.ejs-chip { margin: 4px 0; width: fit-content; } img { max-width: 100%; height: auto; }`,
      plugins: "autolink charmap code fullscreen image insertdatetime link lists advlist nonbreaking searchreplace table visualblocks visualchars wordcount",
      menubar: menus,
      menu: {
        insert: { title: "Insert", items: "image link inserttable | charmap nonbreaking hr | insertdatetime" },
        view: { title: "View", items: "code | visualaid visualchars visualblocks | fullscreen" },
        format: { title: "Format", items: "bold italic underline strikethrough superscript subscript | blocks fontsize align lineheight | forecolor backcolor | removeformat" },
        table: { title: "Table", items: "inserttable | cell row column | tableprops deletetable" },
        tools: { title: "Tools", items: "searchreplace | wordcount | code" },
        mergetags: { title: options.tagsTitle, items: options.tags.map((_tag, index) => `mergetag${index}`).join(" ") },
      },
      toolbar: narrow ? `undo redo bold italic bullist link ${fields}` : `undo redo | blocks | bold italic underline forecolor | alignleft aligncenter | bullist numlist | link image table | ${fields} | removeformat`,
      toolbar_mode: "sliding",
      mobile: { menubar: menus },
      height: options.height || (narrow ? 420 : 520),
      min_height: options.height || 300,
      resize: true,
      statusbar: true,
      elementpath: false,
      branding: false,
      promotion: false,
      contextmenu: false,
      browser_spellcheck: true,
      convert_urls: false,
      entity_encoding: "raw",
      valid_children: "+body[style]",
      paste_data_images: true,
      automatic_uploads: false,
      file_picker_types: "image",
      file_picker_callback: pickPicture,
      image_dimensions: true,
      link_default_protocol: "https",
      link_assume_external_targets: "https",
      insertdatetime_formats: ["%d.%m.%Y", "%H:%M", "%Y-%m-%d"],
      table_default_attributes: { border: "0" },
      table_default_styles: { "border-collapse": "collapse", width: "100%" },
      iframe_aria_text: options.label,
      setup(editor) {
        keepCode(editor, options.codeTitle);
        addTags(editor, options);
        editor.on("input change undo redo ExecCommand SetContent", () => options.changed());
        editor.addShortcut("ctrl+13", "", () => options.submit());
        editor.on("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); options.submit(); } });
      },
    };
  }

  async function makeEditor(textarea, options) {
    let [editor] = await window.hugerte.init(settings(textarea, options));
    if (!editor) return null;
    async function repaint() {
      const kept = editor.getContent();
      editor.remove();
      textarea.value = kept;
      [editor] = await window.hugerte.init(settings(textarea, options));
    }
    document.addEventListener("goniec:theme", repaint);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    return {
      content: () => editor.getContent(),
      setContent: (html) => { editor.setContent(html); editor.undoManager.add(); },
      focus: () => editor.focus(),
      isEmpty: () => !editor.getContent({ format: "text" }).trim() && !/<(?:img|hr|table)\b|<%/.test(editor.getContent()),
    };
  }

  /** The editor in place of a form's text area. Answers a function: what is typed, as it was where nobody touched it. */
  function editField(field, options) {
    const { form } = field;
    const rich = document.createElement("textarea");
    const box = document.createElement("div");
    let editor = null;
    let untouched = "";
    const isTouched = () => Boolean(editor) && editor.content() !== untouched;
    const html = () => (isTouched() ? editor.content() : field.value);
    field.required = false; // the browser cannot point at what is hidden; the server says it
    box.className = "editor-box";
    rich.value = field.value;
    box.append(rich);
    field.after(box);
    field.hidden = true;
    makeEditor(rich, {
      base: new URL(".", document.querySelector('script[src*="hugerte.min.js"]').src).href.replace(/\/$/, ""),
      ...options,
      changed: () => {
        if (!isTouched()) return;
        form.dispatchEvent(new Event("input", { bubbles: true }));
        if (options.changed) options.changed();
      },
      submit: () => form.requestSubmit(),
    }).then((made) => {
      editor = made;
      if (editor) untouched = editor.content();
      form.dataset.ready = "yes";
    });
    form.addEventListener("submit", () => { field.value = html(); });
    return html;
  }

  window.Goniec.editor = makeEditor;
  window.Goniec.editField = editField;
  window.Goniec.editorCode = { intoEditor, outOfEditor };
})();
