"""The embedded queue server: durable, locked, and dead when its starter is."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from sandbox import sessions, valkey
from sandbox.supervisor import free_port, port_answers


def test_redis_py_accepts_the_url_of_a_port(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert server.url.startswith("redis://127.0.0.1:")
        assert client.set("ring", "1")


def test_redis_py_accepts_the_url_of_a_unix_socket_and_no_port_is_open() -> None:
    with valkey.running(unix_socket=True) as server, redis.Redis.from_url(server.url) as client:
        assert server.url.startswith("unix://")
        assert client.config_get("port")["port"] == "0"
        assert stat.S_IMODE(Path(server.url.removeprefix("unix://")).parent.stat().st_mode) == 0o700


def test_what_was_rung_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        client.config_set("appendfsync", "always")
        client.rpush("rings", "first")
        server.kill()
    with valkey.running(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.llen("rings") == 1


def test_a_second_server_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with valkey.running(tmp_path), pytest.raises(valkey.ValkeyNotStarted, match="another Valkey"):
        valkey.start(tmp_path)


def test_the_lock_is_gone_with_the_server_even_after_a_kill(tmp_path: Path) -> None:
    with valkey.running(tmp_path) as server:
        server.kill()
        valkey.start(tmp_path).stop()


def test_a_taken_port_is_one_clear_error(tmp_path: Path) -> None:
    with (
        valkey.running(tmp_path / "one") as server,
        pytest.raises(valkey.ValkeyNotStarted, match="did not start"),
    ):
        valkey.start(tmp_path / "two", port=int(server.url.split(":")[2].split("/")[0]))


def test_a_path_too_long_for_a_socket_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(valkey.ValkeyNotStarted, match="too long"):
        valkey.start(tmp_path / ("x" * 110), unix_socket=True)


def test_the_command_becomes_the_server_and_ends_on_sigterm(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.valkey", "--port", str(port), "--data", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        assert sessions.wait_until(lambda: port_answers(port), 10)
        with redis.Redis(port=port) as client:
            assert client.info("server")["process_id"] == process.pid
            assert client.config_get("appendonly")["appendonly"] == "yes"
    finally:
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
