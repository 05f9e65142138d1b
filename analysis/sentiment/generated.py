"""Labelled texts that the project makes itself, of phrases in nine languages: nobody's terms lie on them."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.sentiment.model import Embed, Model
from analysis.sentiment.training import Labelled, fold_of, train
from analysis.sentiment.verdicts import LABELS

_COUNT = 6_000
_TRIAL = 1_500  # of each half of the phrases, for the temperatures
_PHRASES = Path(__file__).with_name("phrases")
_RANK = ("en",)  # the language with the most phrases gets the most texts
_SHARE, _OTHERS = 5, 1
_EMOJI = {
    "positive": ["😊", "❤️", "👍", "😍", "🎉", ":)"],
    "negative": ["😡", "👎", "😢", "😞", "💔", ":("],
    "neutral": [""],
}
_STRONG = 1.5  # of VADER's valences, from -4 to 4
_FAINT = 0.6
_CARRIERS = ("{0}", "{0} {1}", "it was {0}", "so {0}, really {1}", "{0} and {1}", "what a {0} day", "this is {0}")

Phrases = Mapping[str, Sequence[str]]


def model(embed: Embed | None = None, embedder: str = "") -> Model:
    """What these texts teach, and no others. Its temperatures are fitted on phrases that a first model didn't see."""
    half = [texts(_TRIAL, seed=1 + part, part=part) for part in range(2)]
    held = {text for text, _ in half[1]}
    trial = train([*half[0], *half[1]], held=held, embed=embed, embedder=embedder)
    whole = train(texts(), embed=embed, embedder=embedder)
    plain = replace(whole.plain, temperature=trial.plain.temperature)
    if whole.embedded is None or trial.embedded is None:
        return Model(plain)
    embedded = replace(whole.embedded, temperature=trial.embedded.temperature)
    return Model(plain, embedded, whole.embedder, trial.sure)


def texts(count: int = _COUNT, seed: int = 0, part: int | None = None) -> list[Labelled]:
    """About `count` different texts; the same seed gives the same ones. `part` 0 or 1: of that half of the phrases."""
    dice = random.Random(seed)  # noqa: S311  # variety, no secret
    makers: list[Callable[[], Labelled]] = [partial(_review, dice, name, part) for name in _languages()]
    makers += [partial(_from_lexicon, dice, part)] * (len(makers) // 4)
    made = dict(dice.choice(makers)() for _ in range(count))
    return sorted(made.items())


@lru_cache(maxsize=1)
def _languages() -> list[str]:
    names = sorted(path.stem for path in _PHRASES.glob("*.txt"))
    return [name for name in names for _ in range(_SHARE if name in _RANK else _OTHERS)]


@lru_cache(maxsize=32)
def _phrases(language: str, part: int | None) -> Phrases:
    found: dict[str, list[str]] = {}
    for line in (_PHRASES / f"{language}.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), [])
        elif line:
            current.append(line)
    return {kind: _of_part(lines, part) for kind, lines in found.items()}


def _of_part(lines: Sequence[str], part: int | None) -> list[str]:
    return [line for line in lines if part is None or fold_of(line, 2) == part] or list(lines)


def _review(dice: random.Random, language: str, part: int | None) -> Labelled:
    """One to three sentences of one opinion; a fact beside an opinion changes nothing of it."""
    phrases, label = _phrases(language, part), dice.choice(LABELS)
    sentences = [_sentence(dice, phrases, label) for _ in range(dice.choice((1, 1, 1, 2, 2, 3)))]
    if label != "neutral" and dice.random() < 0.1:
        sentences.insert(0, _sentence(dice, phrases, "neutral"))
    return _dressed(dice, " ".join(sentences), label), label


def _sentence(dice: random.Random, phrases: Phrases, label: str) -> str:
    template = dice.choice(phrases[label])
    thing, other = dice.choice(phrases["thing"]), dice.choice(phrases["thing"])
    good, bad, middling = (dice.choice(phrases[kind]) for kind in ("good", "bad", "middling"))
    return template.format(
        thing=thing, Thing=_capital(thing), thing2=other, good=good, Good=_capital(good), bad=bad, middling=middling
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _dressed(dice: random.Random, text: str, label: str) -> str:
    """As people write: small letters, no full stop, marks, emoji, somebody spoken to, an address."""
    tricks: list[tuple[float, Callable[[str], str]]] = [
        (0.25, str.lower),
        (0.03, str.upper),
        (0.25, lambda said: said.rstrip(".")),
        (0.10, lambda said: f"{said} {dice.choice(_EMOJI[label])}".rstrip()),
        (0.10, lambda said: f"@user {said}"),
        (0.05, lambda said: f"RT @user: {said}"),
        (0.08, lambda said: f"{said} http"),
        (0.05, lambda said: said.replace(".", "!") if label != "neutral" else said),
    ]
    for likelihood, trick in tricks:
        if dice.random() < likelihood:
            text = trick(text)
    return text


@lru_cache(maxsize=3)
def _lexicon(part: int | None) -> dict[str, list[str]]:
    """VADER's words (MIT licence), rated by people, by label."""
    rated = SentimentIntensityAnalyzer().lexicon
    known = _of_part(sorted(word for word in rated if word.isalpha()), part)
    words = {word: rated[word] for word in known}
    return {
        "positive": [word for word, valence in words.items() if valence >= _STRONG],
        "negative": [word for word, valence in words.items() if valence <= -_STRONG],
        "neutral": [word for word, valence in words.items() if abs(valence) <= _FAINT],
    }


def _from_lexicon(dice: random.Random, part: int | None) -> Labelled:
    label = dice.choice(LABELS)
    words = _lexicon(part)[label]
    return dice.choice(_CARRIERS).format(dice.choice(words), dice.choice(words)), label
