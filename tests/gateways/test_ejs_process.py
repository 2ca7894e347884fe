"""The processes that templates run in: they can be stopped, hold nothing of ours, and end."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateways import ejs_process
from gateways.ejs import EjsRuntime, TemplateFailed
from gateways.ejs_failures import EngineStopped, UsedTooMuchMemory
from gateways.ejs_process import AnsweredTooMuch, Engine

ROOT = Path(__file__).parents[2]
EJS = ROOT / "node_modules/ejs/ejs.min.js"
ANNA = {"client": {"name": "Anna"}}
SEARCH = '<%= "a".repeat(200000).indexOf("a".repeat(100000) + "b") %>'
NUMBER = "<%= (2n ** 1000000n).toString().length %>"
PATIENTLY = 20.0


@pytest.fixture
def runtime() -> Iterator[EjsRuntime]:
    made = EjsRuntime(EJS, time_limit_seconds=0.3)
    yield made
    made.close()


def engines_of(parent: int) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"ejs_engine.py" in (entry / "cmdline").read_bytes():
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
                found |= {int(entry.name)} if int(after_name[1]) == parent else set()
        except OSError:
            continue
    return found


@pytest.fixture
def new_engines() -> Callable[[], set[int]]:
    """The engines that this process has started since."""
    before = engines_of(os.getpid())
    return lambda: engines_of(os.getpid()) - before


def wait_until(is_so: Callable[[], object]) -> None:
    latest = time.monotonic() + PATIENTLY
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Not there, or dead and waiting for whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def seconds_of_ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("attack", [SEARCH, NUMBER])
def test_a_template_is_stopped_inside_the_engines_own_code_while_others_are_rendered(
    runtime: EjsRuntime, attack: str
) -> None:
    innocent, hostile = (runtime.compile(source, escape="html") for source in ("<%= client.name %>", attack))
    assert innocent.render(ANNA) == "Anna"
    said: list[TemplateFailed] = []

    def be_attacked() -> None:
        with pytest.raises(TemplateFailed, match=r"longer than 0\.3 s") as failure:
            hostile.render(ANNA)
        said.append(failure.value)

    before, rendered = seconds_of_ended_children(), 0
    thread = threading.Thread(target=be_attacked)
    thread.start()
    while thread.is_alive():
        assert innocent.render(ANNA) == "Anna"
        rendered += 1
    assert said and rendered > 10
    assert seconds_of_ended_children() - before < 0.3 + 0.5
    assert innocent.render(ANNA) == "Anna"


def test_an_engine_that_stands_still_is_not_waited_for(
    runtime: EjsRuntime, new_engines: Callable[[], set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    template = runtime.compile("<%= client.name %>", escape="html")
    (engine,) = new_engines()
    os.kill(engine, signal.SIGSTOP)
    monkeypatch.setattr(ejs_process, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(TemplateFailed, match=r"longer than 0\.3 s"):
        template.render({"client": {"name": "x" * 1_000_000}})
    assert is_gone(engine)
    monkeypatch.undo()
    assert template.render(ANNA) == "Anna"


def test_an_engine_killed_while_idle_is_replaced(
    runtime: EjsRuntime, new_engines: Callable[[], set[int]]
) -> None:
    template = runtime.compile("<%= client.name %>", escape="html")
    (engine,) = new_engines()
    os.kill(engine, signal.SIGKILL)
    assert template.render(ANNA) == "Anna"
    assert engine not in new_engines()


def killed(count: int, engines: Callable[[], set[int]]) -> None:
    """Kill so many engines, one after the other, each in the middle of its work."""
    done: set[int] = set()
    while len(done) < count:
        wait_until(lambda: engines() - done)
        (engine,) = engines() - done
        time.sleep(0.3)  # past its start, or not: either way it has not answered
        os.kill(engine, signal.SIGKILL)
        done.add(engine)


@pytest.mark.parametrize("times", [1, 2])
def test_a_template_whose_engine_is_killed_gets_one_more(
    new_engines: Callable[[], set[int]], times: int
) -> None:
    runtime = EjsRuntime(EJS, time_limit_seconds=30.0)
    template = runtime.compile("<% for (let i = 0; i < client.turns; i++); %>ok", escape="html")
    printed: list[object] = []

    def render() -> None:
        try:
            printed.append(template.render({"client": {"turns": 6e7}}))
        except TemplateFailed as failed:
            printed.append(failed)

    thread = threading.Thread(target=render)
    thread.start()
    killed(times, new_engines)
    thread.join()
    assert printed == ["ok"] if times == 1 else isinstance(printed[0], EngineStopped)
    assert template.render({"client": {"turns": 1}}) == "ok"
    runtime.close()
    assert not new_engines()


def test_an_engine_knows_no_environment_and_no_file_of_ours(
    runtime: EjsRuntime, new_engines: Callable[[], set[int]], tmp_path: Path
) -> None:
    with (tmp_path / "open").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        runtime.compile("x", escape="html")
        (engine,) = new_engines()
        files = {entry.name: str(entry.readlink()) for entry in Path(f"/proc/{engine}/fd").iterdir()}
    assert set(files) == {"0", "1", "2"} and files["0"].startswith("socket:") and files["1"] == "/dev/null"
    assert Path(f"/proc/{engine}/environ").read_bytes() == b""
    assert os.getpgid(engine) != os.getpgid(0)


def test_nothing_is_left_of_a_runtime_that_goes(new_engines: Callable[[], set[int]]) -> None:
    runtime = EjsRuntime(EJS)
    runtime.compile("x", escape="html")
    assert len(new_engines()) == 1
    del runtime
    assert not new_engines()


PARENT = """
import os, sys
from pathlib import Path
from gateways.ejs import EjsRuntime
runtime = EjsRuntime(Path(sys.argv[1]), time_limit_seconds=2.0)
template = runtime.compile(sys.argv[2], escape="html")
if sys.argv[3] != "fork" or os.fork():
    print("compiled", flush=True)
if sys.argv[3] == "render":
    template.render({})
sys.stdin.read()
"""


def started(source: str, then: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, EJS, source, then],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "compiled\n"
    return process


@pytest.mark.parametrize("then", ["wait", "render", "fork"])
def test_an_engine_ends_when_its_parent_is_killed(then: str) -> None:
    with started(SEARCH, then) as parent:
        (engine,) = engines_of(parent.pid)
        parent.kill()
        wait_until(lambda: is_gone(engine))  # while the fork is still there


def test_an_engine_ends_with_its_parent() -> None:
    with started("x", "wait") as parent:
        (engine,) = engines_of(parent.pid)
        parent.communicate()
        assert parent.returncode == 0 and is_gone(engine)


def in_a_fork(work: Callable[[], bytes]) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, work())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def test_a_fork_gets_an_engine_of_its_own(runtime: EjsRuntime, new_engines: Callable[[], set[int]]) -> None:
    template = runtime.compile("<%= client.name %>", escape="html")
    ours = new_engines()

    def render() -> bytes:
        assert template.render({"client": {"name": "Jan"}}) == "Jan"
        return b" ".join(str(engine).encode() for engine in engines_of(os.getpid()))

    (theirs,) = in_a_fork(render).split()
    assert {int(theirs)} != ours
    wait_until(lambda: is_gone(int(theirs)))
    assert template.render(ANNA) == "Anna" and new_engines() == ours


def test_an_answer_that_no_text_could_be_is_not_read(new_engines: Callable[[], set[int]]) -> None:
    prints = "() => () => 'x'.repeat(50_000_000)"
    engine = Engine([prints, ""], output_limit=1_000, memory_limit_bytes=128 * 1024 * 1024)
    with pytest.raises(AnsweredTooMuch):
        engine.ask("render", "", "[]", 1.0)
    assert not new_engines()


def test_values_larger_than_the_engines_memory_are_not_sent(runtime: EjsRuntime) -> None:
    template = runtime.compile("<%= client.name %>", escape="html")
    with pytest.raises(UsedTooMuchMemory, match="32 MB"):
        template.render({"client": {"name": "x" * 40_000_000}})
    with pytest.raises(UsedTooMuchMemory, match="32 MB"):
        template.render({"client": {"name": "ż" * 5_000_000}})
