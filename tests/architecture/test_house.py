"""The rules of the house that no linter knows."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "admin_views",
    "commands",
    "domain",
    "extensions",
    "gateways",
    "jobs",
    "models",
    "queries",
    "sandbox",
    "services",
    "webhooks",
)
ROOTS = ("app.py", "panel.py", "worker.py", "config.py")
BESIDE = ("benchmarks", "scripts", "tests")
LONGEST_MODULE = 300
LONGEST_TEST_MODULE = 400
CONFIG_READERS = {"app.py", "panel.py", "worker.py"}
VAGUE_NAMES = {"utils.py", "util.py", "helpers.py", "misc.py", "common.py"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def product() -> list[Path]:
    return modules(*ROOMS) + [ROOT / name for name in ROOTS if (ROOT / name).exists()]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def imports_inside_functions(tree: ast.AST) -> Iterator[int]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno


@pytest.fixture(params=product() + modules(*BESIDE), ids=name_of)
def module(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_the_import_contracts_are_kept() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


def test_only_the_composition_roots_read_the_configuration() -> None:
    readers = {name_of(path) for path in product() if "config" in imports(ast.parse(path.read_text()))}
    assert readers == CONFIG_READERS


def test_no_room_imports_a_composition_root() -> None:
    for path in modules(*ROOMS):
        assert not {"app", "panel", "worker"} & set(imports(ast.parse(path.read_text()))), name_of(path)


def test_nothing_is_imported_inside_a_function(module: Path) -> None:
    assert list(imports_inside_functions(ast.parse(module.read_text()))) == []


def test_a_module_has_one_subject_that_fits_its_length(module: Path) -> None:
    is_test = module.is_relative_to(ROOT / "tests")
    assert len(module.read_text().splitlines()) <= (LONGEST_TEST_MODULE if is_test else LONGEST_MODULE)


def test_a_module_is_named_for_its_subject(module: Path) -> None:
    assert module.name not in VAGUE_NAMES


def test_both_locks_name_the_same_versions() -> None:
    def versions(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.split()[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "package-lock.json"])
def test_a_lock_names_no_host(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()
    named = [line for line in lines if "://" in line and '"url": "https://' not in line]
    assert named == []
    assert not any('"resolved"' in line or "index-url" in line for line in lines)
