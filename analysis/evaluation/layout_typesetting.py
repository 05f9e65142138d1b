"""Typesets documents at random, whose PDFs are tagged, so that what their headings are is known: to train on."""

import html
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analysis.evaluation.layout_styles import style_sheet
from analysis.evaluation.layout_texts import EAST_ASIAN, LATIN, RIGHT_TO_LEFT, Texts, texts_of

_LANGUAGES = (*["en"] * 12, *LATIN, *EAST_ASIAN, *RIGHT_TO_LEFT)
_NUMBERING = ("none", "none", "none", "decimal", "decimal", "decimal", "roman", "named", "letter", "parenthesis")
_NAMES = ("Chapter", "Section", "Part", "Article", "Kapitel", "Chapitre", "Appendix")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_HAN = "一二三四五六七八九十"


class Sheet(NamedTuple):
    """A document as HTML with its running head and foot, and the paper it is printed on."""

    html: str
    head: str
    foot: str
    margin: str
    paper: str


def typeset(folder: Path, count: int, browser: str) -> Iterator[Path]:
    """Print so many PDFs, in five folders, by the Chromium at `browser`; equal numbers give equal documents."""
    from playwright.sync_api import sync_playwright  # of the development dependencies

    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        for number in range(count):
            sheet, path = sheet_of(number), folder / f"typeset{number % 5}" / f"{number:04}.pdf"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.set_content(sheet.html)
            sides = {"top": sheet.margin, "bottom": sheet.margin, "left": sheet.margin, "right": sheet.margin}
            page.pdf(
                path=str(path), format=sheet.paper, tagged=True, display_header_footer=True,
                header_template=sheet.head, footer_template=sheet.foot, margin=sides,  # type: ignore[arg-type]
            )  # fmt: skip
            yield path


def sheet_of(number: int) -> Sheet:
    """The document of this number."""
    writer = _Writer(number)
    body = "".join((*writer.front(), *writer.sections()))
    style = style_sheet(writer.chance, writer.texts.language)
    text = f"<html lang={writer.texts.language}><style>{style}</style><body>{body}</body></html>"
    margin = writer.chance.choice(("15mm", "20mm", "25mm", "30mm"))
    return Sheet(text, writer.running(), writer.running(), margin, writer.chance.choice(("A4", "A4", "Letter", "A5")))


class _Writer:
    """Makes up a document: what it has of titles, sections, tables and the like."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)  # noqa: S311 - nothing is kept secret
        self.texts: Texts = texts_of(self.chance.choice(_LANGUAGES))
        self.stress = self.chance.choice(("b", "b", "i"))
        self.numbering = self.chance.choice(_NUMBERING)
        self.name, self.sign = self.chance.choice(_NAMES), self.chance.choice((":", ".", " –", ""))
        self.first = 1

    def front(self) -> Iterator[str]:
        """A title with what stands around it, and perhaps a table of contents; or text at once."""
        chance = self.chance
        if chance.random() > 0.75:
            yield self._paragraph()
            return
        if chance.random() < 0.25:
            yield f"<p class=by>{self._phrase()}</p>"
        size, place = chance.choice((1.3, 1.6, 1.7, 2, 2.4)), chance.choice(("start", "start", "center"))
        yield f"<h1 style='font-size:{size}em;text-align:{place}'>{self._phrase()}</h1>"
        self.first = chance.choice((1, 2, 2))
        if chance.random() < 0.3:
            yield f"<p class=sub>{self._phrase()}</p>"
        if chance.random() < 0.5:
            about = chance.choice((self._phrase(), "1 March 2024", "Version 2.0"))
            yield f"<p class=by>{about}<br>{self._phrase()}</p>"
        if chance.random() < 0.12:
            yield "<div style='break-after:page'></div>"
        if chance.random() < 0.15:
            rows = (f"{n}. {self._phrase()} {'.' * chance.randint(9, 60)} {2 * n}" for n in range(1, 9))
            yield from (f"<div>{row}</div>" for row in rows)

    def sections(self) -> Iterator[str]:
        chance = self.chance
        deepest, most, depth = chance.choice((1, 2, 2, 3, 3, 4)), chance.randint(1, 3), 1
        counts = [0] * 5
        yield "<div class=columns>" if chance.random() < 0.2 else "<div>"
        for _ in range(chance.choice((1, 1, 2, 3, 4)) * chance.randint(5, 9)):
            depth = chance.choice([d for d in (depth - 1, depth, depth, depth + 1) if 1 <= d <= deepest])
            counts[depth - 1] += 1
            counts[depth:] = [0] * (5 - depth)
            tag = min(depth + self.first - 1, 4)
            yield f"<h{tag}>{self._number([max(n, 1) for n in counts[:depth]])}{self._phrase()}</h{tag}>"
            if depth == deepest or chance.random() > 0.2:
                for _ in range(chance.randint(1, most)):
                    yield self._paragraph() if chance.random() < 0.68 else self._other()
        yield "</div>"

    def running(self) -> str:
        """A running head or foot, with the page's number or not; often none."""
        chance = self.chance
        if chance.random() < 0.45:
            return "<div></div>"
        style = f"font-size:{chance.choice((7, 8, 9, 10))}px;text-align:{chance.choice(('left', 'center', 'right'))}"
        stress = chance.choice(("", "font-weight:bold", "font-style:italic"))
        words = chance.choice(("", "Page", self._phrase()))
        number = "<span class=pageNumber></span>" if chance.random() < 0.7 else ""
        return f"<div style='width:100%;margin:0 60px;{style};{stress}'>{words} {number}</div>"

    def _number(self, counts: list[int]) -> str:
        last, depth = counts[-1], len(counts)
        match self.numbering:
            case "decimal":
                return ".".join(map(str, counts)) + (". " if depth == 1 and self.sign else " ")
            case "roman" | "named" if self.texts.language in EAST_ASIAN:
                return (f"第{_HAN[last % 10]}章 ", f"{_HAN[last % 10]}、", f"（{_HAN[last % 10]}）", "")[depth - 1]
            case "roman":
                return (f"{_ROMAN[last % 12]}. ", f"{chr(64 + last % 26)}. ", f"{last}. ", f"{last}. ")[depth - 1]
            case "named":
                return f"{self.name} {last}{self.sign} " if depth == 1 else ".".join(map(str, counts)) + " "
            case "letter":
                return f"{chr(64 + last % 26)}. " if depth == 1 else ".".join(map(str, counts[1:])) + ") "
            case "parenthesis":
                return f"{last}) "
            case _:
                return ""

    def _other(self) -> str:
        """What may look like a heading and is none."""
        makers = (
            self._run_in, self._run_in, self._table, self._table, self._list, self._list, self._box, self._quote,
            self._figure, self._figure, self._listing, self._pairs, self._pairs, self._address, self._footnote,
            self._stressed, self._ornament,
        )  # fmt: skip
        return self.chance.choice(makers)()

    def _phrase(self) -> str:
        return html.escape(self.texts.phrase(self.chance))

    def _paragraph(self) -> str:
        return f"<p>{html.escape(self.texts.paragraph(self.chance))}</p>"

    def _run_in(self) -> str:
        end, text = self.chance.choice((".", ":", "", ". –")), html.escape(self.texts.paragraph(self.chance))
        return f"<p><{self.stress}>{self._phrase()}{end}</{self.stress}> {text}</p>"

    def _table(self) -> str:
        chance, columns = self.chance, self.chance.randint(2, 5)
        head = "".join(f"<th>{self._phrase()}</th>" for _ in range(columns))
        rows = "".join(
            f"<tr><td>{self._phrase()}</td>{''.join(f'<td>{self._cell()}</td>' for _ in range(columns - 1))}</tr>"
            for _ in range(chance.randint(2, 9))
        )
        name = chance.choice(("Table", "Table", "Tabelle", "Tableau"))
        captions = (
            f"<div class=caption>{name} {chance.randint(1, 12)}{self.sign} {self._phrase()}</div>",
            f"<p><b>{self._phrase()}</b></p>",
            "",
        )
        return f"{chance.choice(captions)}<table><tr>{head}</tr>{rows}</table>"

    def _cell(self) -> str:
        chance = self.chance
        number = f"{chance.randint(1, 9999):,}"
        return chance.choice((number, number, f"{100 * chance.random():.1f}%", self._phrase(), "–"))

    def _list(self) -> str:
        tag = self.chance.choice(("ul", "ol"))
        kinds = (
            self._phrase,
            lambda: html.escape(self.chance.choice(self.texts.sentences)),
            lambda: f"<b>{self._phrase()}:</b> {html.escape(self.chance.choice(self.texts.sentences))}",
        )
        items = "".join(f"<li>{self.chance.choice(kinds)()}</li>" for _ in range(self.chance.randint(2, 8)))
        return f"{self._paragraph()}<{tag}>{items}</{tag}>"

    def _box(self) -> str:
        label = self.chance.choice((f"<b>{self._phrase()}</b><br>", f"<b>{self._phrase()}:</b> ", ""))
        return f"<div class=box>{label}{html.escape(self.texts.paragraph(self.chance))}</div>"

    def _quote(self) -> str:
        return f"<div class=quote>{html.escape(self.texts.paragraph(self.chance))}</div>"

    def _figure(self) -> str:
        chance = self.chance
        labels = "".join(
            f"<span style='left:{chance.randint(2, 75)}%;top:{chance.randint(2, 85)}%;"
            f"font-weight:{chance.choice(('normal', 'bold'))};font-size:{chance.choice((1, 1, 1, 1.8, 2.5))}em'>"
            f"{html.escape(chance.choice((self.texts.word(chance), f'{chance.randint(1, 99)} kg')))}</span>"
            for _ in range(chance.randint(3, 9))
        )
        caption = f"{chance.choice(('Figure', 'Fig.', 'Abb.'))} {chance.randint(1, 14)}{self.sign} {self._phrase()}"
        return f"<div class=figure>{labels}</div><div class=caption>{caption}</div>"

    def _listing(self) -> str:
        lines = (f"{number:3} {self.chance.choice(('}', 'end', self._phrase()))}" for number in range(1, 9))
        return f"<pre>{'<br>'.join(lines)}</pre>"

    def _pairs(self) -> str:
        rows = (f"<{self.stress}>{self._phrase()}:</{self.stress}> {self._cell()}" for _ in range(4))
        return f"<p>{'<br>'.join(rows)}</p>"

    def _address(self) -> str:
        return f"<p>{'<br>'.join(self._phrase() for _ in range(self.chance.randint(2, 5)))}</p>"

    def _footnote(self) -> str:
        return f"<p class=foot>{self.chance.randint(1, 30)} {html.escape(self.chance.choice(self.texts.sentences))}</p>"

    def _stressed(self) -> str:
        return f"<p><b>{html.escape(self.chance.choice(self.texts.sentences))}</b></p>{self._paragraph()}"

    def _ornament(self) -> str:
        return f"<p style='text-align:center'>{self.chance.choice(('* * *', '– 7 –', self._phrase()))}</p>"
