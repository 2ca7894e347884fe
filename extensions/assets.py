"""Styles and scripts kept by the browser: their addresses change with their content."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

YEAR = 365 * 24 * 60 * 60


def init_app(app: Flask) -> None:
    """Name the version of each of our files in its address, and let what carries one be kept for a year."""
    versions: dict[Path, tuple[int, str]] = {}

    def name_version(endpoint: str, values: dict[str, Any]) -> None:
        owner, _, name = endpoint.rpartition(".")
        if name != "static" or "v" in values:
            return
        folder = app.blueprints[owner].static_folder if owner in app.blueprints else app.static_folder
        version = _version(Path(folder or "") / str(values.get("filename", "")), versions)
        if version:
            values["v"] = version

    app.url_defaults(name_version)
    app.after_request(_keep)


def _version(path: Path, known: dict[Path, tuple[int, str]]) -> str:
    """A digest of the file, taken again when the file has changed; empty when there is none."""
    try:
        changed = path.stat().st_mtime_ns
        if path not in known or known[path][0] != changed:
            known[path] = (changed, sha256(path.read_bytes()).hexdigest()[:10])
    except OSError:
        return ""
    return known[path][1]


def _keep(response: Response) -> Response:
    is_file = (request.endpoint or "").rpartition(".")[2] == "static"
    if is_file and request.query_string and response.status_code in (200, 304):
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
