"""Words to typeset documents of: Django's own translations, in scripts of all kinds (BSD licence)."""

import random
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import django

LATIN = ("en", "de", "fr", "es", "it", "nl", "pt_BR", "pl", "cs", "tr", "ru")
EAST_ASIAN = ("ja", "ko", "zh_Hans", "zh_Hant")
RIGHT_TO_LEFT = ("ar", "fa", "he")
_SENTENCE, _PHRASE = 50, 45  # characters that a sentence has at least, and a phrase at most
_ENDS = (".", "。", "!", "?", "؟")
_ENTRY = re.compile(r'^msgid ((?:"[^\n]*"\n)+)msgstr ((?:"[^\n]*"\n)+)', re.MULTILINE)
_VARIABLE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


class Texts(NamedTuple):
    """Sentences and phrases of a language; `gap` stands between sentences."""

    language: str
    sentences: tuple[str, ...]
    phrases: tuple[str, ...]

    def paragraph(self, chance: random.Random) -> str:
        gap = "" if self.language in ("ja", "zh_Hans", "zh_Hant") else " "
        return gap.join(chance.choice(self.sentences) for _ in range(chance.randint(1, 6)))

    def phrase(self, chance: random.Random) -> str:
        """Sometimes of two, as longer headings are."""
        first, second = chance.choice(self.phrases), chance.choice(self.phrases)
        return f"{first} {second}" if chance.random() < 0.25 else first

    def word(self, chance: random.Random) -> str:
        return chance.choice(self.phrase(chance).split())


@lru_cache
def texts_of(language: str) -> Texts:
    """What Django's catalogues say in a language; "en" is what they translate."""
    folder = Path(django.__file__).parent
    source = "de" if language == "en" else language
    sentences, phrases = [], []
    for path in sorted(folder.glob(f"**/locale/{source}/LC_MESSAGES/django.po")):
        for match in _ENTRY.finditer(path.read_text("utf-8")):
            text = _plain(match[1 if language == "en" else 2])
            if len(text) * (2 if language in EAST_ASIAN else 1) > _SENTENCE and text.endswith(_ENDS):
                sentences.append(text)
            elif 3 < len(text) < _PHRASE and not text.endswith((*_ENDS, ",", ":")):
                phrases.append(text)
    return Texts(language, tuple(sentences), tuple(phrases))


def _plain(quoted: str) -> str:
    text = "".join(re.findall(r'"(.*)"', quoted)).replace("\\n", " ").replace('\\"', '"')
    return re.sub(r"<[^>]+>", "", _VARIABLE.sub(str(len(text)), text)).strip()
