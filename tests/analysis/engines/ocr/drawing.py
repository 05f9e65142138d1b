"""Pictures of text in other scripts than the fonts at hand have."""

import io

from PIL import Image, ImageDraw, ImageFont

FONT = ImageFont.load_default(40)
# Characters of straight strokes, in shares of their size: no font is needed.
MIDDLE = [
    (0.1, 0.25, 0.9, 0.25),
    (0.1, 0.25, 0.1, 0.65),
    (0.9, 0.25, 0.9, 0.65),
    (0.1, 0.65, 0.9, 0.65),
    (0.5, 0, 0.5, 1),
]
FIELD = [
    (0.1, 0.05, 0.9, 0.05),
    (0.1, 0.05, 0.1, 0.95),
    (0.9, 0.05, 0.9, 0.95),
    (0.1, 0.95, 0.9, 0.95),
    (0.5, 0.05, 0.5, 0.95),
    (0.1, 0.5, 0.9, 0.5),
]


def in_two_scripts() -> bytes:
    """A PNG that says `Delivered to 中田 12 Market Street`, a line that is mostly Latin."""
    picture = Image.new("RGB", (900, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((40, 130), "Delivered to", "black", FONT)
    for x, strokes in ((295, MIDDLE), (345, FIELD)):
        for x0, y0, x1, y1 in strokes:
            draw.line((x + 38 * x0, 138 + 38 * y0, x + 38 * x1, 138 + 38 * y1), "black", 4)
    draw.text((410, 130), "12 Market Street", "black", FONT)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
