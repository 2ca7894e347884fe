"""What a database's error says: it is logged, so it must name no person."""

import sqlalchemy as sa
from sqlalchemy.engine import ExceptionContext


def init_app() -> None:
    """From now on an error's text is its first line. Settings hide the parameters, but PostgreSQL's DETAIL
    repeats them ("Key (email)=(…) already exists.").
    """
    if not sa.event.contains(sa.Engine, "handle_error", _keep_first_line):
        sa.event.listen(sa.Engine, "handle_error", _keep_first_line)


def _keep_first_line(context: ExceptionContext) -> None:
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (error.args[0].partition("\n")[0], *error.args[1:])
