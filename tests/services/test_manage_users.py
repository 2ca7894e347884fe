"""Users: made with one role, and with a password nobody can read."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask

from domain.passwords import PasswordTooWeak
from models import db
from models.audit import AuditDetail
from models.user import User
from services.manage_users import NoSuchRole, UserExists, create_user, set_password

PASSWORD = "a sentence nobody guesses"


def make_anna(now: datetime, **changed: str) -> User:
    given = {
        "email": " Anna@Firma.example ",
        "name": "Anna",
        "role": "operator",
        "password": PASSWORD,
    } | changed
    return create_user(db.session, now=now, **given)


def test_a_user_gets_the_role_and_a_hash(database: Flask, now: datetime) -> None:
    user = make_anna(now)
    assert (user.email, [role.name for role in user.roles], user.active) == (
        "anna@firma.example",
        ["operator"],
        True,
    )
    assert user.password and PasswordHasher().verify(user.password, PASSWORD)
    assert PASSWORD not in str(db.session.scalars(sa.select(AuditDetail.values)).all())


def test_a_user_that_cannot_be_made_is_refused(sqlite_app: Flask, now: datetime) -> None:
    make_anna(now)
    with pytest.raises(UserExists):
        make_anna(now, email="anna@firma.example")
    with pytest.raises(NoSuchRole):
        make_anna(now, email="ola@firma.example", role="king")
    with pytest.raises(PasswordTooWeak):
        make_anna(now, email="ola@firma.example", password="short")
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


def test_a_new_password_ends_every_session(sqlite_app: Flask, now: datetime) -> None:
    user = make_anna(now)
    before = user.fs_uniquifier
    set_password(db.session, user=user, password="another long sentence", now=now, actor_id=None)
    assert user.fs_uniquifier != before
    assert user.password and PasswordHasher().verify(user.password, "another long sentence")
