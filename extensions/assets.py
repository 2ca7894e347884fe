"""Styles and scripts kept by the browser: their addresses change with their content."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

YEAR = 365 * 24 * 60 * 60
SERVED = (200, 304)
EDITOR = "vendor/hugerte/hugerte.min.js"


def init_app(app: Flask) -> None:
    """Name the version of each of our files in its address; what names the present one is kept for a year."""
    versions: dict[Path, tuple[int, str]] = {}

    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        owner, _, name = endpoint.rpartition(".")
        if name != "static" or "v" in values:
            return
        folder = app.blueprints[owner].static_folder if owner in app.blueprints else app.static_folder
        version = _version(Path(folder or "") / str(values.get("filename", "")), versions)
        if version:
            values["v"] = version

    def keep(response: Response) -> Response:
        # Only what was served: the name in the address of a refusal may point at any file of the machine.
        paths = _asked_for(app) if response.status_code in SERVED else ()
        if any(_version(path, versions) == request.args.get("v") != "" for path in paths):
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return response

    app.url_defaults(name_version)
    app.after_request(keep)


def _asked_for(app: Flask) -> tuple[Path, ...]:
    """The file a request names, with the one whose version stands for it: the editor loads its parts by its
    own.
    """
    owner, _, name = (request.endpoint or "").rpartition(".")
    filename = (request.view_args or {}).get("filename")
    if name != "static" or filename is None:
        return ()
    folder = Path(app.blueprints.get(owner, app).static_folder or "")
    return folder / filename, folder / EDITOR


def _version(path: Path, known: dict[Path, tuple[int, str]]) -> str:
    """A digest of the file, taken again when the file has changed; empty when there is none."""
    try:
        changed = path.stat().st_mtime_ns
        if path not in known or known[path][0] != changed:
            known[path] = (changed, sha256(path.read_bytes()).hexdigest()[:10])
    except OSError:
        return ""
    return known[path][1]
