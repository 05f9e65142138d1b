"""The language of a short text: unknown rather than wrong."""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# What reviews are written in; without the small languages that short texts are mistaken for.
LANGUAGES = (
    "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id", "it", "ja",
    "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
_SURE = 0.9
_FEWEST_LETTERS = 10  # where each letter is a sound; a sign of Chinese, Japanese or Korean says more
_WIDE = "\u2e80"  # from here on they are such signs


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def language_of(text: str) -> str:
    """The ISO 639-1 code, "" for texts that are too short or too unlike any language to tell."""
    words = " ".join(word for word in text.split() if word[0] not in "@#" and not word.startswith("http"))
    letters = sum(5 if character >= _WIDE else 1 for character in words if character.isalpha())
    if letters < _FEWEST_LETTERS:
        return ""
    language, likelihood = _identifier().classify(words.lower() if words.isupper() else words)
    return str(language) if likelihood >= _SURE else ""
