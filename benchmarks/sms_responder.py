"""An SMS gateway that takes every text: whole requests in, one prepared answer out, over kept connections.

    python -m benchmarks.sms_responder

Prints its port. It parses no more than it must, so that it is not what is measured.
"""

import json
import re
import socket
import sys
import threading

_BODY = json.dumps(
    {
        "count": 1,
        "list": [
            {
                "id": "5B1F0C4E3139362C0C2C5A2B",
                "points": 0.16,
                "number": "48600100200",
                "date_sent": 1_763_784_357,
                "submitted_number": "48600100200",
                "status": "QUEUE",
                "error": None,
                "idx": None,
                "parts": 1,
            }
        ],
        "length": 94,
        "parts": 1,
    }
).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 02 Mar 2026 09:00:00 GMT\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n" % len(_BODY)
) + _BODY
_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


def serve(connection: socket.socket) -> None:
    """Answer requests until the client closes."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
        head, blank, body = data.partition(b"\r\n\r\n")
        if not blank:
            continue
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if len(body) >= length:
            data = body[length:]
            connection.sendall(ANSWER)


def main() -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
