"""What may become a logo, and what becomes of it."""

from io import BytesIO
from zlib import crc32

import pytest
from PIL import Image, PngImagePlugin

from gateways.logo_picture import LARGEST_FILE, PictureRefused, logo_picture


def saved(kind: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "teal" if mode == "RGB" else 1).save(out, kind, **options)
    return out.getvalue()


def broken_profile() -> bytes:
    """A colour profile without a name, behind the picture."""
    whole = saved("PNG", (60, 30))
    return whole[:-12] + b"\0\0\0\0iCCP" + crc32(b"iCCP").to_bytes(4, "big") + whole[-12:]


def broken_exif() -> bytes:
    """A picture to be turned, and a tag that cannot be written again."""
    said = Image.Exif()
    said[0x0112], said[0x010E] = 6, "x"
    whole = saved("JPEG", (60, 30), exif=said)
    return whole.replace(b"\x01\x0e\0\x02\0\0\0\x02", b"\x01\x4c\0\x02\0\0\0\x02")


@pytest.mark.parametrize(
    ("size", "shown", "kept"),
    [
        ((960, 256), (240, 64), (480, 128)),
        ((120, 40), (120, 40), (120, 40)),
        ((100, 1000), (8, 80), (16, 160)),
        ((4000, 1), (240, 1), (480, 1)),
    ],
)
@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg")])
def test_a_picture_is_shrunk_to_what_a_message_shows(
    size: tuple[int, int], shown: tuple[int, int], kept: tuple[int, int], kind: str, ending: str
) -> None:
    logo = logo_picture(saved(kind, size))
    assert (logo.width, logo.height, logo.ending) == (*shown, ending)
    assert Image.open(BytesIO(logo.content)).size == kept


def test_a_transparent_picture_stays_transparent() -> None:
    out = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    pixel = Image.open(BytesIO(logo_picture(out.getvalue()).content)).getpixel((5, 5))
    assert pixel == (0, 0, 0, 0)


def test_nothing_but_the_picture_goes_out() -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", "<script>alert(1)</script>")
    out = BytesIO()
    Image.new("RGB", (10, 10)).save(out, "PNG", pnginfo=said)
    assert b"script" not in logo_picture(out.getvalue() + b"<script>alert(1)</script>").content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        saved("GIF", (10, 10)),
        saved("WEBP", (10, 10)),
        saved("PNG", (400, 400))[:300],
        saved("JPEG", (400, 400))[:300],
        saved("PNG", (4001, 10)),
        broken_profile(),
        broken_exif(),
        b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_FILE),
    ],
    ids=[
        "empty", "svg", "gif", "webp", "half-a-png", "half-a-jpeg", "too-wide", "broken-profile",
        "broken-exif", "too-large",
    ],
)  # fmt: skip
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused):
        logo_picture(content)


def test_a_photograph_that_holds_a_second_picture_is_drawn_as_its_first() -> None:
    out = BytesIO()
    second = Image.new("RGB", (960, 256), "red")
    Image.new("RGB", (960, 256), "teal").save(out, "MPO", save_all=True, append_images=[second])
    logo = logo_picture(out.getvalue())
    drawn = Image.open(BytesIO(logo.content))
    assert (logo.ending, logo.width, drawn.format) == ("jpg", 240, "JPEG")
    assert drawn.convert("RGB").getpixel((5, 5))[0] < 100
