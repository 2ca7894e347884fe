"""Which tests are traced for the floor under domain/ and services/: tracing makes a test half as dear again.

One of the two databases is enough, and so are the first few cases of a test that has many. pytest-cov's own
`no_cover` pauses for a test's call alone and not for its fixtures, which are often the greater part.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
FOLDERS = {"admin_views", "commands", "domain", "jobs", "queries", "services", "webhooks"}
CASES = 4


class Tracing:
    """A pytest plugin that lets pytest-cov's ``controller`` rest while tests run that are not traced.

    ``imports``: trace the lines that run when modules are imported, which one worker does for all.
    """

    def __init__(self, controller: Any, *, imports: bool) -> None:
        self._controller = controller
        self._traced: set[str] = set()
        if not imports:
            controller.pause()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._traced = set(_traced(items))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        controller = self._controller
        if controller.started and item.nodeid not in self._traced:
            controller.pause()
        elif not controller.started and item.nodeid in self._traced:
            controller.resume()
        return (yield)


def _traced(items: Iterable[pytest.Item]) -> Iterator[str]:
    cases: Counter[str] = Counter()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        if item.path.relative_to(TESTS).parts[0] in FOLDERS and "postgresql" not in case:
            cases[test] += 1
            if cases[test] <= CASES:
                yield item.nodeid
