import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merge_tags import escape_html
from domain.template_source import literal
from gateways.ejs import OUTPUT_LIMIT, EjsRuntime, TemplateFailed, render_together

EJS = Path(__file__).parents[2] / "node_modules/ejs/ejs.min.js"
RUNTIME = EjsRuntime(EJS, time_limit_seconds=0.5)
ANNA = {"client": {"name": "Anna"}}


def render(source: str, values: dict[str, object] | None = None, *, escape: str = "html") -> str:
    return RUNTIME.compile(source, escape=escape).render(ANNA if values is None else values)  # type: ignore[arg-type]


def test_ejs_runs() -> None:
    source = "<% for (const n of [1, 2]) { %><%= n %>:<%= client.name %> <% } %><%# note %>"
    assert render(source) == "1:Anna 2:Anna "


def test_whitespace_control_works_as_in_ejs() -> None:
    assert render("a\n  <%_ if (true) { -%>\nb\n<%_ } _%>  \nc") == "a\nb\nc"


def test_html_is_escaped_and_plain_text_is_not() -> None:
    values = {"client": {"name": "<b>\"'&"}}
    assert render("<%= client.name %>", values) == "&lt;b&gt;&#34;&#39;&amp;"
    assert render("<%= client.name %>", values, escape="none") == "<b>\"'&"


@pytest.mark.parametrize("escape", ["html", "none"])
def test_a_null_or_missing_field_prints_nothing(escape: str) -> None:
    assert render("[<%= client.name %><%= client.nope %>]", {"client": {"name": None}}, escape=escape) == "[]"


@given(st.text())
def test_our_escaping_is_ejs_own(text: str) -> None:
    assert render("<%= client.name %>", {"client": {"name": text}}) == escape_html(text)


@given(
    st.lists(st.sampled_from(["<", "%", ">", "-", "_", "=", "#", " ", "\n", "a", "\\", '"', "\u2028"])).map(
        "".join
    )
)
def test_literal_text_is_printed_as_it_is(text: str) -> None:
    assert render(literal(text)) == text


@given(st.text(alphabet="<%=- >client.name{}_71*'\"`$\\\n"))
def test_a_value_is_never_read_as_a_template(text: str) -> None:
    assert render("<%= client.name %>", {"client": {"name": text}}, escape="none") == text


def test_a_client_named_like_a_template_keeps_the_name() -> None:
    for name in ("<%= 7*7 %>", "{client_name}", "${7*7}"):
        assert render("<%= client.name %>", {"client": {"name": name}}, escape="none") == name


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a\n<%= nope %>", "Line 2 of the template failed: nope is not defined."),
        ("\n\n<% if ( %>x", "Line 3 of the template is not valid EJS"),
        ("<% while (true) {} %>", "ran longer than 0.5 s"),
        ("<% try { while (true) {} } catch (e) {} %>", "ran longer than 0.5 s"),
        ("<%= /(a+)+$/.test('a'.repeat(50) + 'b') %>", "ran longer than 0.5 s"),
        ("<% let a = []; while (true) a.push('x'.repeat(1e5) + a.length) %>", "more than 32 MB of memory"),
        ("<% let a = []; while (true) a.push({}) %>", "more than 32 MB of memory"),
        ("<% let a = []; while (true) a.push(a.length + '') %>", "more than 32 MB of memory"),
        ("<% (function f() { f() })() %>", "calls itself too deeply"),
        ("<%= 'x'.repeat(2000001) %>", "printed more than 2000000"),
        ("<% throw new Error('źle') %>", "źle"),
        ("<% throw 'x' %>", "failed"),
        ("<%= include('other') %>", "Could not find the include file"),
        ("<%= include('/etc/passwd') %>", "failed"),
        ("<%= require('fs') %>", "require is not defined"),
        ("<%= eval('1') %>", "eval is not defined"),
        ("<%= new Date() %>", "current time is not available"),
        ("<%= Date.now() %>", "failed"),
        ("<%= Math.random() %>", "failed"),
    ],
)
def test_a_template_that_fails_says_why_and_the_runtime_goes_on(source: str, said: str) -> None:
    with pytest.raises(TemplateFailed) as failure:
        render(source)
    assert said in str(failure.value)
    assert render("<%= client.name %>") == "Anna"


def test_the_longest_output_allowed_is_printed() -> None:
    assert len(render(f"<%= 'x'.repeat({OUTPUT_LIMIT}) %>")) == OUTPUT_LIMIT


@pytest.mark.parametrize(
    "place",
    [
        "globalThis",
        "Object.prototype",
        "Array.prototype",
        "String.prototype",
        "Function('return this')()",
        "Object.getPrototypeOf(function* () {})",
        "Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})()))",
        "Object.getPrototypeOf(''.matchAll(/a/g))",
        "Object.getPrototypeOf(new Map().entries())",
        "Object.getPrototypeOf([].values().map(String))",
        "Object.getPrototypeOf(async () => {})",
        "escapeFn",
        "rethrow",
        "Object.getPrototypeOf(include)",
        "Error",
        "new Date(0).constructor",
    ],
)
def test_nothing_can_be_left_behind_for_the_next_recipient(place: str) -> None:
    with pytest.raises(TemplateFailed):
        render(f"<% ({place}).left = client.name %>")
    assert render(f"<%= typeof ({place}).left %>") == "undefined"


@pytest.mark.parametrize(
    "source", ["<% left = 1 %>", "<% arguments.callee.left = 1 %>", "<% Error.prepareStackTrace = 1 %>"]
)
def test_sloppy_ways_to_keep_state_are_refused(source: str) -> None:
    with pytest.raises(TemplateFailed):
        render(source)


def test_code_that_closes_ejs_own_function_is_refused() -> None:
    escape = "<% } catch (e) {} }), (function (l, e, i, r) { try { %>a"
    with pytest.raises(TemplateFailed, match="unbalanced braces"):
        render(escape)


def test_one_recipients_values_cannot_be_changed_for_another() -> None:
    shared = {"name": "Osiedle"}
    template = RUNTIME.compile("<%= investment.name %><% investment.name = client.name %>", escape="html")
    people = [{"client": {"name": name}, "investment": shared} for name in ("Anna", "Jan")]
    assert template.render_many(people) == ["Osiedle", "Osiedle"]
    assert shared == {"name": "Osiedle"}


def test_many_are_rendered_in_order() -> None:
    template = RUNTIME.compile("<%= client.name %>", escape="html")
    assert template.render_many([{"client": {"name": str(n)}} for n in range(120)]) == [
        str(n) for n in range(120)
    ]
    assert template.render_many([]) == []


def test_the_one_of_many_that_fails_is_named() -> None:
    template = RUNTIME.compile("<% if (client.name === '73') throw new Error('x') %>", escape="html")
    with pytest.raises(TemplateFailed) as failure:
        template.render_many([{"client": {"name": str(n)}} for n in range(120)])
    assert failure.value.index == 73


def test_the_time_limit_is_for_each_rendering_and_not_for_the_batch() -> None:
    runtime = EjsRuntime(EJS, time_limit_seconds=0.2)
    busy = runtime.compile("<% for (let i = 0; i < 400000; i++); %>ok", escape="html")
    assert busy.render_many([ANNA] * 40) == ["ok"] * 40


def test_a_template_that_runs_too_long_is_stopped_once() -> None:
    runtime = EjsRuntime(EJS, time_limit_seconds=0.2)
    endless = runtime.compile("<% while (true) {} %>", escape="html")
    began = time.process_time()
    with pytest.raises(TemplateFailed, match=r"longer than 0\.2 s"):
        endless.render_many([ANNA])
    assert time.process_time() - began < 0.35


def test_texts_that_belong_together_have_one_time_limit() -> None:
    runtime = EjsRuntime(EJS, time_limit_seconds=0.3)
    source = "<% try { while (true) {} } catch (e) {} %>"
    texts = [runtime.compile("<% for (let i = 0; i < 1000000; i++); %>ok", escape="html") for _ in range(4)]
    began = time.process_time()
    with pytest.raises(TemplateFailed, match=r"longer than 0\.3 s") as failure:
        render_together([*texts, runtime.compile(source, escape="html")], [ANNA])
    assert time.process_time() - began < 0.5
    assert failure.value.index == 0


def test_what_a_template_throws_is_cut_to_what_can_be_stored() -> None:
    with pytest.raises(TemplateFailed) as failure:
        render("<% throw new Error('x'.repeat(100000)) %>")
    assert len(str(failure.value)) < 400


def test_values_may_have_different_fields() -> None:
    template = RUNTIME.compile("<%= typeof contract %>", escape="html")
    assert template.render_many([ANNA, {**ANNA, "contract": {}}, ANNA]) == [
        "undefined",
        "object",
        "undefined",
    ]


def test_a_template_works_in_every_thread() -> None:
    template = RUNTIME.compile("<%= client.name %>", escape="html")
    printed: list[str] = []
    threads = [threading.Thread(target=lambda: printed.append(template.render(ANNA))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert printed == ["Anna"] * 3


def test_templates_without_end_do_not_fill_the_memory() -> None:
    runtime = EjsRuntime(EJS, memory_limit_bytes=8 * 1024 * 1024)
    first = runtime.compile("<%= client.name %>", escape="html")
    for number in range(200):
        runtime.compile(f"{number}{'x' * 90_000}", escape="html")
    assert first.render(ANNA) == "Anna"


@given(st.text(st.characters()))
def test_any_text_crosses_into_ejs_and_back(text: str) -> None:
    assert render("<%= client.name %>", {"client": {"name": text}}, escape="none") == text


def test_a_text_with_any_separator_in_it_is_not_cut() -> None:
    template = RUNTIME.compile("<%= client.name %>", escape="none")
    names = ["a\x1eb", "\x00", "\x1e", "", "\ud800", "😀"]
    assert template.render_many([{"client": {"name": name}} for name in names]) == names
