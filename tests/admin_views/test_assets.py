"""What a browser may keep, and when it has to ask again."""

import re
from pathlib import Path

import pytest
from flask import Flask

from extensions import assets
from tests.admin_views.conftest import Visitor


def addresses(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="(/[^"]*static/[^"]*\.(?:js|css)[^"]*)"', page)


def test_every_style_and_script_of_a_page_is_kept_for_a_year(panel: Flask) -> None:
    stranger = Visitor(panel)
    found = addresses(stranger.get("/admin/login").text)
    assert len(found) > 3
    for address in found:
        answer = stranger.get(address)
        assert (answer.status_code, "immutable" in answer.headers["Cache-Control"]) == (200, True), address


def test_a_file_asked_for_without_its_version_is_asked_for_again(panel: Flask) -> None:
    answer = Visitor(panel).get("/static/js/panel.js")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_no_file_but_a_style_or_script_is_ever_read(panel: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(assets, "_version", lambda path, _known: read.append(path) or "x")
    answer = Visitor(panel).get("/static/../../../../../../dev/zero", v="x")
    assert answer.status_code == 404 and "immutable" not in answer.headers.get("Cache-Control", "")
    assert not [path for path in read if "zero" in path.name]


def test_an_address_changes_with_the_files_content(tmp_path: Path) -> None:
    app = Flask("test", static_folder=str(tmp_path), static_url_path="/static")
    assets.init_app(app)
    file = tmp_path / "a.js"
    found = []
    for words in ("first", "second, longer"):
        file.write_text(words, encoding="utf-8")
        file.touch()
        with app.test_request_context():
            found.append(app.url_for("static", filename="a.js"))
    assert found[0] != found[1] and found[0].startswith("/static/a.js?v=")


def test_a_file_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    app = Flask("test", static_folder=str(tmp_path), static_url_path="/static")
    assets.init_app(app)
    with app.test_request_context():
        assert app.url_for("static", filename="nowhere.js") == "/static/nowhere.js"
