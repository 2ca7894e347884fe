"""The ground the other tests stand on."""

import socket

import pytest
import redis
import sqlalchemy as sa
from flask import Flask

from models import db
from tests.network_ban import NetworkForbidden


def test_a_connection_to_another_machine_is_refused(network_attempts: list[str]) -> None:
    with socket.socket() as outside, pytest.raises(NetworkForbidden):
        outside.connect(("192.0.2.1", 25))
    with pytest.raises(NetworkForbidden):
        socket.getaddrinfo("mail.example.com", 25)
    assert len(network_attempts) == 2
    network_attempts.clear()


def test_a_datagram_to_another_machine_is_refused(network_attempts: list[str]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(NetworkForbidden):
        outside.sendto(b"", ("192.0.2.1", 53))
    network_attempts.clear()


def test_this_machine_may_be_reached() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])),
    ):
        pass


def test_the_queue_server_is_real_and_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left behind", "1")


def test_the_queue_server_is_empty_again(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


@pytest.mark.parametrize("_again", [1, 2])
def test_each_test_has_a_database_of_its_own(database: Flask, _again: int) -> None:
    db.session.execute(sa.text("CREATE TABLE left_behind (id INTEGER)"))
    db.session.commit()


def test_a_test_runs_on_both_databases(database: Flask, request: pytest.FixtureRequest) -> None:
    assert db.engine.dialect.name in request.node.name
