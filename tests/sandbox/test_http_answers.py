"""What every page of a stand-in says besides its content."""

import threading
from http import HTTPStatus
from http.server import HTTPServer
from urllib.request import urlopen

from sandbox.http_answers import AnsweringHandler


class Greeting(AnsweringHandler):
    def do_GET(self) -> None:
        self.answer(HTTPStatus.OK, "text/plain", b"Ahoj", {"Location": "", "X-Own": "yes"})


def test_an_answer_is_whole_never_kept_and_has_no_empty_header(capfd) -> None:
    with HTTPServer(("127.0.0.1", 0), Greeting) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=5) as answer:
            headers, body = dict(answer.headers), answer.read()
    assert body == b"Ahoj" and headers["Content-Length"] == "4" and headers["X-Own"] == "yes"
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert "Location" not in headers
    assert capfd.readouterr().err == ""
