"""A company's logo as a message shows it: a small PNG or JPEG of our own making.

Drawn anew whatever came in, so that neither a position in its data nor a script behind its picture goes out.
SVG is never taken: it can hold scripts, and hardly any mail program shows it.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from domain.errors import DomainError

LARGEST_FILE = 2 * 1024**2
LONGEST_SIDE = 4000
WIDEST, HIGHEST = 240, 80
"""How large a message shows it at most, in CSS pixels; kept with twice as many, for fine screens."""
# MPO: a JPEG with a second picture behind it, as telephones save photographs.
_ENDINGS = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg"}
TYPES = {"png": "image/png", "jpg": "image/jpeg"}
# What Pillow raises on a damaged file, the reading of its profile and of its EXIF data included.
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error,
    zlib.error, Image.DecompressionBombError,
)  # fmt: skip


class PictureRefused(DomainError):
    """What was uploaded cannot be a logo."""

    message = "The picture cannot be read. Save it again as PNG or JPEG."


@dataclass(frozen=True, slots=True)
class LogoPicture:
    """``ending``: ``png`` or ``jpg``; width and height as a message shows it, in CSS pixels."""

    content: bytes
    ending: str
    width: int
    height: int

    @property
    def content_type(self) -> str:
        return TYPES[self.ending]


def logo_picture(content: bytes) -> LogoPicture:
    """The picture drawn anew, no larger than a message needs. Raises PictureRefused with the reason."""
    if len(content) > LARGEST_FILE:
        raise PictureRefused("The picture is larger than %(limit)s MB.", limit=LARGEST_FILE // 1024**2)
    try:
        picture = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
    except _BROKEN as error:
        raise PictureRefused("Only PNG and JPEG pictures can be a logo.") from error
    if max(picture.size) > LONGEST_SIDE:  # before it is unpacked: a small file may hold a vast picture
        raise PictureRefused("The picture is larger than %(limit)s × %(limit)s pixels.", limit=LONGEST_SIDE)
    ending = _ENDINGS[str(picture.format)]
    try:
        drawn = ImageOps.exif_transpose(picture).convert("RGBA" if ending == "png" else "RGB")
    except _BROKEN as error:
        raise PictureRefused from error
    scale = min(1.0, WIDEST / drawn.width, HIGHEST / drawn.height)
    shown = max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale))
    drawn.thumbnail((2 * WIDEST, 2 * HIGHEST), Image.Resampling.LANCZOS)
    return LogoPicture(_saved(drawn, ending), ending, *shown)


def _saved(drawn: Image.Image, ending: str) -> bytes:
    plain = Image.new(drawn.mode, drawn.size)  # takes over the picture and nothing said about it
    plain.paste(drawn)
    out = BytesIO()
    if ending == "png":
        plain.save(out, "PNG", optimize=True)
    else:
        plain.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()
