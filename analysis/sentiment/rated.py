"""English posts that people rated from -4 to 4: in the source distribution of vaderSentiment, under its MIT licence."""

import hashlib
import json
import tarfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO

from analysis.sentiment.texts import bare, normalised
from analysis.sentiment.training import Rated, Shares
from documents.errors import InvalidInput

SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"  # of vaderSentiment-3.3.2.tar.gz
_INNER = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
_TEXTS, _RATINGS = "tweets_GroundTruth.txt", "tweets_anonDataRatings.txt"
_MASKS = {"@anonymous": "@user", "http://url_removed": "http"}
_FAINT = 0.85  # of a rating of 1 or -1; the rest of it is neutral


def read(archive: Path, known: Collection[str] = ()) -> list[Rated]:
    """The posts, each once, with the shares of their raters; without those that are, as `bare` says, among `known`.

    Raises InvalidInput `dataset_unusable` for other files than vaderSentiment-3.3.2.tar.gz.
    """
    try:
        with archive.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
                raise ValueError("it is another file")
        with tarfile.open(archive) as outer, tarfile.open(fileobj=_member(outer, _INNER)) as inner:
            texts, ratings = (dict(_rows(_member(inner, f"hutto_ICWSM_2014/{name}"))) for name in (_TEXTS, _RATINGS))
        found = {_unmasked(text): shares(json.loads(ratings[number])) for number, text in texts.items()}
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        detail = f"{archive} can't be used ({error}). It takes the source distribution of vaderSentiment 3.3.2."
        raise InvalidInput("dataset_unusable", detail) from error
    return list(_once(found.items(), known))


def shares(ratings: list[int]) -> Shares:
    """How many of the raters say positive, neutral and negative: in the order of LABELS, 1 together."""
    positive, negative = (sum(_counts(sign * one) for one in ratings) / len(ratings) for sign in (1, -1))
    return positive, 1 - positive - negative, negative


def _counts(rating: int) -> float:
    return 0 if rating <= 0 else _FAINT if rating == 1 else 1


def _member(packed: tarfile.TarFile, name: str) -> IO[bytes]:
    file = packed.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is no file in it")
    return file


def _rows(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Numbers, and what stands in the last column."""
    for line in file.read().decode("utf-8-sig").splitlines():
        number, *_, last = line.split("\t")
        yield number, last


def _unmasked(text: str) -> str:
    """As texts come: names and addresses are masked here."""
    for mask, plain in _MASKS.items():
        text = text.replace(mask, plain)
    return normalised(text)


def _once(rated: Iterable[Rated], known: Collection[str]) -> Iterator[Rated]:
    seen = set(known)
    for text, opinion in rated:
        if text and bare(text) not in seen:
            seen.add(bare(text))
            yield text, opinion
