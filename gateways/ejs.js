// Runs inside quickjs-ng: loads EJS, takes away what could carry state or time from one rendering to the next, freezes the rest.
(function (ejsSource, outputLimit) {
  "use strict";
  let generated = "";
  const module = { exports: {} };
  // quickjs's Function takes a body that closes its own function and opens another, whose variables would outlive a rendering.
  const WholeFunction = function (parameters, body = "") {
    const made = arguments.length === 1 ? new Function(parameters) : new Function(parameters, body);
    if (arguments.length > 1 && !String(made).endsWith(") {\n" + body + "\n}")) throw new SyntaxError("unbalanced braces");
    return made;
  };
  WholeFunction.prototype = Function.prototype;
  const console = { log(source) { generated = source; }, warn() {} };
  new Function("module", "exports", "console", "Function", ejsSource)(module, module.exports, console, WholeFunction);
  const ejs = module.exports;
  const escapes = { html: ejs.escapeXML, none: (value) => (value === undefined || value === null ? "" : String(value)) };
  const templates = new Map();

  // A message is rendered again later from the same values and must come out the same: no clock, no chance.
  const RealDate = Date;
  const FixedDate = function Date(...parts) {
    if (!new.target || parts.length === 0) throw new Error("the current time is not available");
    return Reflect.construct(RealDate, parts, new.target);
  };
  FixedDate.prototype = RealDate.prototype;
  FixedDate.parse = RealDate.parse;
  FixedDate.UTC = RealDate.UTC;
  RealDate.prototype.constructor = FixedDate;
  globalThis.Date = FixedDate;
  delete Math.random;
  // eval sees a template's own scope; the two Error accessors and the rest outlive a rendering.
  delete Error.prepareStackTrace;
  delete Error.stackTraceLimit;
  for (const name of ["eval", "performance", "Promise", "queueMicrotask", "WeakRef", "FinalizationRegistry",
    "SharedArrayBuffer", "Atomics", "DisposableStack", "AsyncDisposableStack"]) delete globalThis[name];

  const seen = new Set();
  const freeze = (object) => {
    if ((typeof object !== "object" && typeof object !== "function") || object === null || seen.has(object)) return;
    seen.add(object);
    for (const key of Reflect.ownKeys(object)) {
      const property = Reflect.getOwnPropertyDescriptor(object, key);
      freeze(property.value);
      freeze(property.get);
      freeze(property.set);
    }
    freeze(Reflect.getPrototypeOf(object));
    Object.freeze(object);
  };
  // Prototypes that no global names: of generators, of async functions and of every iterator.
  for (const hidden of [function* () {}, async function () {}, async function* () {}, (function* () {})(), (async function* () {})(),
    [][Symbol.iterator](), ""[Symbol.iterator](), "".matchAll(/./g), new Map().entries(), new Set().entries(),
    Iterator.from({ next() {} }), [].values().map(String), (async () => {})(), escapes, ejs]) freeze(hidden);
  freeze(globalThis);
  // EJS passes this one to every template.
  ejs.compile("<% locals.take(rethrow) %>")({ take: freeze });

  const load = (template, names) => {
    generated = "";
    // Strict code: no arguments.callee to hang state on, and an assignment to a global is an error.
    return ejs.compile(template.source, {
      strict: true, _with: false, destructuredLocals: names, escape: template.escape, debug: true, compileDebug: true,
    });
  };

  const textOf = (error) => {
    // Out of memory for even an error, quickjs throws null, which EJS may stumble over; nothing else throws it in earnest.
    if (error === null || (error instanceof TypeError && error.message === "cannot set property 'path' of null"))
      return { name: "InternalError", message: "out of memory", stack: "" };
    try { return error instanceof Error ? { name: String(error.name), message: String(error.message), stack: String(error.stack) }
      : { name: "", message: String(error), stack: "" }; } catch (_) { return { name: "", message: "", stack: "" }; }
  };

  const actions = {
    compile([id, source, escape]) {
      const template = { source, escape: escapes[escape], functions: new Map() };
      load(template, []);
      templates.set(id, template);
      return null;
    },
    render([id, list]) {
      const template = templates.get(id);
      return list.map((values) => {
        const names = Object.keys(values);
        const key = names.join();
        let run = template.functions.get(key);
        if (run === undefined) template.functions.set(key, (run = load(template, names)));
        const output = run(values);
        if (output.length > outputLimit) return null;
        return output;
      });
    },
  };

  return (action, json, mark) => {
    generated = "";
    try {
      const done = actions[action](JSON.parse(json));
      // Text crosses into Python faster than JSON does, but half a surrogate cannot, and the binding cuts at a NUL: the mark,
      // which no template knows, tells whether all came across. join() also flattens what the binding cannot take.
      const whole = (text) => text !== null && text.isWellFormed();
      if (mark && done !== null && done.every(whole)) return ["T", ...done, mark.slice(1, -1)].join(mark);
      return JSON.stringify({ done });
    }
    catch (error) { return JSON.stringify({ failed: textOf(error), generated }); }
  };
})
