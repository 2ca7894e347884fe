"""What the README says of the demo is what the demo does."""

import re
from pathlib import Path

from sandbox.demo import QUEUE_PORT, ROOT, Ports, child_environment, parse


def test_the_commands_in_the_readme_find_the_demos_database_files_and_queue(tmp_path: Path) -> None:
    data = parse([]).data
    told = child_environment(tmp_path, Ports(1, 2, 3, QUEUE_PORT, 4, 5, 6))
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace("$PWD", str(ROOT))
    for name in ("DATABASE_URL", "FILES_DIR", "REDIS_URL"):
        found = re.search(rf"\b{name}=(\S*(?:demo|127)\S*)", readme)
        assert found, name
        assert found[1] == told[name].replace(str(tmp_path), str(data))
