"""The logo's public address: whoever opens a message may fetch it, and nothing else of the file store."""

from datetime import datetime
from io import BytesIO
from uuid import uuid4

import pytest
from flask import Flask
from PIL import Image

from extensions.wiring import wiring
from gateways.logo_picture import logo_picture
from models import db
from services.branding import newest_version
from services.save_branding import Change, Look, save_branding


@pytest.fixture
def logo(app: Flask, now: datetime) -> str:
    out = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(out, "PNG")
    with app.app_context():
        look = Look("Nadrzecze", picture=logo_picture(out.getvalue()))
        save_branding(db.session(), look, Change(wiring().files, "http://localhost", None, now))
        version = newest_version(db.session())
        assert version
        return str(version.logo_uuid)


def test_a_stranger_gets_the_logo_and_may_keep_it(app: Flask, logo: str) -> None:
    answer = app.test_client().get(f"/logo/{logo}.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in answer.headers
    assert Image.open(BytesIO(answer.data)).size == (30, 20)


def test_no_other_file_is_given_out(app: Flask, logo: str) -> None:
    with app.app_context():
        other, _digest = wiring().files.save(b"\x89PNG a client's own")
    browser = app.test_client()
    paths = (
        f"/logo/{other}.png",
        f"/logo/{logo}.jpg",
        f"/logo/{uuid4()}.png",
        "/logo/../x.png",
        "/logo/x.png",
    )
    assert {browser.get(path).status_code for path in paths} == {404}


def test_a_logo_whose_file_is_gone_is_not_found(app: Flask, logo: str) -> None:
    with app.app_context():
        wiring().files.delete(logo)
    assert app.test_client().get(f"/logo/{logo}.png").status_code == 404
