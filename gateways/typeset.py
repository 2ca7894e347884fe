"""A PDF from a typst layout beside this module and one JSON text.

What anybody typed reaches the layout as strings in that text, which it only ever places: nothing is read as
markup.
"""

import functools
import json
from datetime import UTC, date, datetime, time
from pathlib import Path

import fontpkg_lato  # type: ignore[import-untyped]
import typst


def typeset(layout: Path, content: object, day: date) -> bytes:
    """The PDF, the same bytes for the same ``content`` (JSON, as ``sys.inputs.sheet``) and ``day``."""
    pdf: bytes = typst.compile(  # type: ignore[type-var]
        layout.read_bytes(),
        root=layout,  # a file, so no path lies below it: the layout can read nothing
        font_paths=_fonts(),
        sys_inputs={"sheet": json.dumps(content)},
        timestamp=datetime.combine(day, time(), UTC),
    )
    return pdf


@functools.cache
def _fonts() -> typst.Fonts:
    """Lato, and typst's own for what Lato has no glyph for; never the machine's, which differ."""
    return typst.Fonts(include_system_fonts=False, font_paths=[fontpkg_lato.ROOT])
