"""The service worker that shows what browsers are told: ours alone, and for the panel's pages alone."""

from flask import Flask, Response, request, url_for

FILE = "js/push-worker.js"
SERVED = (200, 304)


def init_app(app: Flask) -> None:
    """Let it stand over the panel although it lies under static/, and let it load nothing: a worker is
    held to the policy that it was served with. After `csp`, which leaves a policy that is there.
    """

    @app.after_request
    def _let_it_work(response: Response) -> Response:
        is_it = request.endpoint == "static" and (request.view_args or {}).get("filename") == FILE
        if is_it and response.status_code in SERVED:
            response.headers["Service-Worker-Allowed"] = url_for("admin.index")
            response.headers["Content-Security-Policy"] = "default-src 'none'; base-uri 'none'"
        return response
