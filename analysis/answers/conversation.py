"""What a question takes over from those before it in its conversation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.models import QueryLog

LONGEST = 10  # questions that are looked back to

# Words that stand for something that was named before, and such that say nothing by themselves.
_POINTING_WORDS = """
it its they them their theirs he she him her his hers this that these those there then one ones same such
former latter er sie es ihn ihm ihr ihre ihren dessen deren dies diese dieser dieses dort dann davon dafür
damit daran derselbe dieselbe il elle ils elles cela ceci él ella ellos esto eso esso essa loro
"""
_POINTING = frozenset(_POINTING_WORDS.split())
_IDLE_WORDS = """
and or but what how when where who why which whose is are was were do does did the a an of in on at for about
to with by from has have had be been can could should would will much many long old more also then und oder
aber was wie wann wo wer warum welche welcher welches ist sind war waren der die das den dem des ein eine
einen im in am an für von vom über zu zum zur mit bei aus hat haben viel viele lange auch et ou mais que quoi
comment quand où qui est le la les un une y o pero qué cómo cuándo dónde quién es el los las
"""
_IDLE = frozenset(_IDLE_WORDS.split())
_FEWEST = 2  # words that mean something, below which a question leans on the one before


@dataclass(frozen=True, slots=True)
class Thread:
    """The questions before this one, the oldest first, with what was answered."""

    questions: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def continued(self, question: str) -> str:
        """The question to search for: with the last one's words if it leans on them."""
        if not self.questions or not leans(question):
            return question
        return f"{self.questions[-1]} {question}"


def of(logs: Sequence[QueryLog]) -> Thread:
    return Thread(tuple(log.question for log in logs), tuple(log.answer for log in logs))


def leans(question: str) -> bool:
    """Whether it can't be understood without the one before: it points back, or says too little by itself."""
    words = re.findall(r"\w+", question.casefold())
    content = [word for word in words if word not in _IDLE]
    signs = sum("\u3040" <= char <= "\u9fff" for char in question)  # which set no blanks
    return bool(_POINTING & set(words)) or (len(content) < _FEWEST and signs < 2 * _FEWEST)
