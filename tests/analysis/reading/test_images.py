"""Image files on their way to OCR."""

import pytest
from PIL import Image

from analysis.reading import images
from analysis.reading.raster import MAX_SIDE
from documents import sniffing
from documents.errors import InvalidInput, TooLarge

MAX_PIXELS = 50_000_000


def test_pages_of_a_tiff_are_counted(tmp_path):
    frames = [Image.new("L", (20, 10)) for _ in range(3)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    assert images.count_frames(str(tmp_path / "a.tif"), sniffing.TIFF, MAX_PIXELS) == 3
    assert images.count_frames(str(tmp_path / "a.webp"), sniffing.WEBP, MAX_PIXELS) == 1
    assert images.read(str(tmp_path / "a.tif"), sniffing.TIFF, 3, MAX_PIXELS).page_width == 20
    with pytest.raises(InvalidInput, match="no_such_page"):
        images.read(str(tmp_path / "a.webp"), sniffing.WEBP, 2, MAX_PIXELS)


def test_small_images_stay_as_they_are(tmp_path):
    Image.new("RGB", (20, 10), (1, 2, 3)).save(tmp_path / "a.png")
    raster = images.read(str(tmp_path / "a.png"), sniffing.PNG, 1, MAX_PIXELS)
    assert raster == (bytes([1, 2, 3]) * 200, 20, 10, 3, 20, 10)


def test_large_images_are_made_smaller_but_keep_their_unit(tmp_path):
    Image.new("L", (5_000, 2_500)).save(tmp_path / "a.jpg")
    raster = images.read(str(tmp_path / "a.jpg"), sniffing.JPEG, 1, MAX_PIXELS)
    assert (raster.width, raster.height, raster.channels) == (MAX_SIDE, MAX_SIDE // 2, 1)
    assert (raster.page_width, raster.page_height) == (5_000, 2_500)


def test_refusals(tmp_path):
    Image.new("L", (20, 10)).save(tmp_path / "a.png")
    with pytest.raises(TooLarge, match="too_many_pixels"):
        images.count_frames(str(tmp_path / "a.png"), sniffing.PNG, 199)
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:30])
    with pytest.raises(InvalidInput, match="malformed_image"):
        images.count_frames(str(tmp_path / "b.png"), sniffing.PNG, MAX_PIXELS)
