"""Pictures as documents: their pages and sizes, how they are drawn, and pictures that mean harm."""

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ingest.errors import BadDocument
from ingest.parse import ParseOptions
from ingest.picture_file import PictureFile, is_picture
from ingest.records import State
from ingest.renderer import PageRenderer
from ingest.sandbox import parse_in_child


def saved(path: Path, size: tuple[int, int] = (300, 200), mode: str = "RGB", colour: Any = "red", **how: Any) -> Path:
    """A picture of one colour with a black upper left quarter."""
    image = Image.new(mode, size, colour)
    image.paste(Image.new(mode, (size[0] // 2, size[1] // 2)), (0, 0))
    image.save(path, **how)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_pictures_are_known_by_their_bytes(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name)
    assert is_picture(path.rename(tmp_path / "named.pdf"))


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.bmp"])
def test_other_pictures_are_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name)
    assert not is_picture(path)
    with pytest.raises(BadDocument, match="neither a PDF nor a PNG, JPEG or TIFF") as caught:
        parse_in_child(path, "0", ParseOptions())
    assert caught.value.state == State.NOT_PDF and "print it to PDF" in str(caught.value)


@pytest.mark.parametrize(
    ("size", "dpi", "points"),
    [
        ((1654, 2339), 200, (595.44, 842.04)),
        ((300, 200), 150, (144, 96)),
        ((842, 421), None, (842, 421)),  # none stated: as long as a sheet of A4
        ((4000, 3000), 72, (842, 631.5)),  # 55 inches are not believed
        ((1000, 500), 1200, (842, 421)),
    ],
)
def test_a_page_is_as_large_as_the_stated_resolution_makes_it(
    tmp_path: Path, size: tuple[int, int], dpi: int | None, points: tuple[float, float]
) -> None:
    how = {"dpi": (dpi, dpi)} if dpi else {}
    with PictureFile(saved(tmp_path / "a.png", size, **how)) as file:
        assert file.size(1) == pytest.approx(points, abs=0.1)


def test_a_picture_is_a_page_that_waits_to_be_read(tmp_path: Path) -> None:
    content = parse_in_child(saved(tmp_path / "a.png", dpi=(100, 100)), "0", ParseOptions())
    (page,) = content.pages
    assert (page.width, page.height, page.report.pictures) == (216, 144, 1.0)
    assert list(content.pending) == [1] and not page.blocks


def test_each_picture_of_a_tiff_is_a_page_but_not_its_small_copies(tmp_path: Path) -> None:
    first, copy, second = (Image.new("L", size) for size in ((300, 200), (30, 20), (200, 300)))
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    path = tmp_path / "a.tif"
    first.save(path, save_all=True, append_images=[copy, second])
    content = parse_in_child(path, "0", ParseOptions())
    assert [page.width > page.height for page in content.pages] == [True, False]


def test_a_photo_is_turned_as_its_camera_was(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees: the upper left corner becomes the upper right
    with PictureFile(saved(tmp_path / "a.jpg", (300, 200), exif=exif, dpi=(72, 72), quality=95)) as file:
        assert file.size(1) == (200, 300)
        raster = file.render(1, 72, 10**6)
    drawn = Image.frombytes("RGB", (raster.width, raster.height), raster.rgb)
    assert drawn.size == (200, 300)
    assert max(drawn.getpixel((180, 20))) < 40 < 200 < drawn.getpixel((20, 20))[0]  # type: ignore[arg-type, index]


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("RGBA", (0, 0, 0, 0), (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 25600, (100, 100, 100)),
        ("P", 0, (0, 0, 0)),
    ],
)
def test_every_kind_of_pixel_is_drawn_on_white(
    tmp_path: Path, mode: str, colour: Any, seen: tuple[int, int, int]
) -> None:
    Image.new(mode, (40, 30), colour).save(tmp_path / "a.png")
    with PictureFile(tmp_path / "a.png") as file:
        raster = file.render(1, 72, 10**6)
    assert tuple(raster.rgb[:3]) == pytest.approx(seen, abs=1)


def test_no_page_is_drawn_larger_than_allowed(tmp_path: Path) -> None:
    with PictureFile(saved(tmp_path / "a.png", (300, 200))) as file:
        raster = file.render(1, 600, 10_000)
    assert 9_000 < raster.width * raster.height <= 10_000


def test_the_viewer_s_children_draw_pictures_too(tmp_path: Path) -> None:
    renderer = PageRenderer()
    try:
        pixels = renderer.pixels(saved(tmp_path / "a.png", (300, 200), dpi=(72, 72)), 1, 72)
    finally:
        renderer.close()
    assert pixels.shape == (200, 300, 3) and pixels[150, 250].tolist() == [255, 0, 0]


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "state", "reason"),
    [
        (png(60_000, 60_000, b""), State.TOO_BIG, "60000 x 60000 pixels"),
        (png(2000, 2000, zlib.compress(bytes(1000))[:-4]), State.DAMAGED, "damaged"),
        (b"\x89PNG\r\n\x1a\n", State.DAMAGED, "damaged"),
        (b"\xff\xd8\xff\xe0 and nothing more", State.DAMAGED, "damaged"),
        (b"II*\0\x08\0\0\0\xff\xff" + bytes(40), State.DAMAGED, "damaged"),
    ],
)
def test_pictures_that_mean_harm_end_with_a_reason(tmp_path: Path, data: bytes, state: State, reason: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(BadDocument, match=reason) as caught:
        parse_in_child(path, "0", ParseOptions())
    assert caught.value.state == state


def test_half_a_photo_is_not_taken_for_a_page(tmp_path: Path) -> None:
    whole = saved(tmp_path / "a.jpg", (600, 400)).read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadDocument, match="the picture is damaged"):
        parse_in_child(tmp_path / "a.jpg", "0", ParseOptions())
