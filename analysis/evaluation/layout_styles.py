"""Style sheets at random: the many ways in which headings are set apart from text."""

import random

from analysis.evaluation.layout_texts import EAST_ASIAN, RIGHT_TO_LEFT

_COLOURS = (
    "#000", "#222", "#1f4e79", "#2e74b5", "#c00000", "#00695c", "#7b1fa2", "#e65100", "#365f91", "#555", "#003399",
)  # fmt: skip
_FAMILIES = (
    "Liberation Sans", "Liberation Serif", "DejaVu Sans", "DejaVu Serif", "Liberation Sans Narrow",
    "DejaVu Sans Condensed",
)  # fmt: skip
_BY_SCRIPT = dict.fromkeys(EAST_ASIAN, "WenQuanYi Zen Hei") | dict.fromkeys(RIGHT_TO_LEFT, "DejaVu Sans")
_WAYS = (
    "size",
    "size",
    "size",
    "mixed",
    "mixed",
    "bold",
    "bold",
    "italic",
    "capitals",
    "colour",
    "small-caps",
    "family",
)


def style_sheet(chance: random.Random, language: str) -> str:
    """CSS for headings of four levels, and for all that looks like them and isn't."""
    size, colour = chance.choice((8.5, 9, 9.5, 10, 10, 10.5, 11, 11, 12, 12, 13)), chance.choice(_COLOURS)
    text = _BY_SCRIPT.get(language) or chance.choice(_FAMILIES)
    family = _BY_SCRIPT.get(language) or chance.choice((text, text, text, *_FAMILIES))
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    height, align = chance.choice((1.1, 1.15, 1.2, 1.3, 1.45, 1.6)), chance.choice(("start", "start", "justify"))
    parts = [
        f"body{{font:{size}pt '{text}';line-height:{height};direction:{direction};text-align:{align}}}",
        f"p{{margin:{chance.choice((0.3, 0.5, 0.7, 1))}em 0;text-indent:{1.5 if chance.random() < 0.15 else 0}em}}",
        *_headings(chance, text, family, colour),
        *_others(chance, colour),
    ]
    return " ".join(parts)


def _headings(chance: random.Random, text: str, family: str, colour: str) -> list[str]:
    way, top, capitals = chance.choice(_WAYS), chance.choice((1.3, 1.5, 1.8, 2.2, 2.6)), chance.randint(1, 3)
    rules = []
    for level in range(1, 5):
        size = _size(chance, way, level, top)
        bold = chance.random() < 0.75 if way not in ("bold", "italic", "family") else way == "bold"
        slanted = way == "italic" or (level > 2 and chance.random() < 0.25)
        own = colour if way == "colour" or chance.random() < 0.35 else "inherit"
        upper = (way == "capitals" and level <= capitals) or chance.random() < 0.06
        plain = size <= 1.05 and not (bold or slanted or upper) and own == "inherit" and family == text
        rules.append(
            f"h{level}{{font-family:'{family}';font-size:{size:.2f}em;color:{own};line-height:1.15;break-after:avoid;"
            f"font-weight:{'bold' if bold or (plain and chance.random() < 0.7) else 'normal'};"
            f"font-style:{'italic' if slanted else 'normal'};text-transform:{'uppercase' if upper else 'none'};"
            f"font-variant:{'small-caps' if way == 'small-caps' else 'normal'};{_place(chance, level, colour)}"
            f"margin:{_above(chance, size, plain=plain):.2f}em 0 {chance.choice((0, 0.1, 0.3, 0.5, 0.8)):.2f}em}}"
        )
    return rules


def _size(chance: random.Random, way: str, level: int, top: float) -> float:
    if way in ("size", "mixed"):
        return 1 + (top - 1) * (1, 0.6, 0.3, chance.choice((0, 0.1)))[level - 1]
    return chance.choice((1, 1, 1, 1.05, 1.1)) if level > 1 else chance.choice((1, 1, 1.2, 1.6, 2))


def _above(chance: random.Random, size: float, *, plain: bool) -> float:
    space: float = chance.choice((0.5, 0.8, 1, 1.4, 2)) / size
    return max(space, 1.2) if plain else space


def _place(chance: random.Random, level: int, colour: str) -> str:
    centred = chance.random() < (0.25 if level == 1 else 0.08)
    return (
        f"text-align:{'center' if centred else 'start'};text-indent:0;"
        f"{'text-decoration:underline;' if chance.random() < 0.06 else ''}"
        f"{'border-bottom:1px solid;' if chance.random() < 0.08 else ''}"
        f"{f'background:{colour};color:#fff;padding:2pt 4pt;' if level < 3 and chance.random() < 0.04 else ''}"
    )


def _others(chance: random.Random, colour: str) -> list[str]:
    pick = chance.choice
    stress = ("", "font-style:italic;", "font-weight:bold;", "text-align:center;")
    lines = ("td,th{border:.5pt solid #888}", "th{border-bottom:1pt solid}", "tr:nth-child(even){background:#eee}", "")
    return [
        f"table{{border-collapse:collapse;font-size:{pick((0.8, 0.9, 1))}em;width:{pick(('100%', 'auto'))}}}",
        f"td,th{{padding:2pt 5pt;text-align:start}} th{{font-weight:{pick(('bold', 'bold', 'normal'))}}} {pick(lines)}",
        f".caption{{font-size:{pick((0.8, 0.85, 0.9, 1))}em;{pick(stress)}}}",
        f"pre{{font:{pick((0.8, 0.85, 0.9))}em 'Liberation Mono';{pick(('background:#eee', ''))}}}",
        f".box{{border:1pt solid {colour};padding:5pt;margin:.6em 0;{pick(stress)}}}",
        f".quote{{font-size:{pick((1, 1.2, 1.4))}em;font-style:italic;margin:.8em 2em}}",
        f".by{{font-size:{pick((0.9, 1, 1.1, 1.25))}em;{pick(stress)}}}",
        f".sub{{font-size:{pick((1.1, 1.3, 1.5))}em;{pick(stress)}}}",
        f".figure{{border:1pt solid #999;height:{chance.randint(60, 160)}pt;position:relative;margin:.5em 0;"
        f"font:{pick((0.6, 0.75, 0.9))}em '{pick(_FAMILIES)}'}} .figure span{{position:absolute}}",
        ".foot{font-size:.75em} .columns{column-count:2;column-gap:16pt} ul,ol{margin:.4em 0;padding:0 1.6em}",
    ]
