"""Runs scenarios, prints the table: `python -m tests.chaos [NUMBERS… | soak | reviews [N]]`; 1 if a promise broke."""

import importlib
import pkgutil
import sys
import traceback

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import tests.chaos
from tests.chaos.harness import FAULTS, Broken, Clock, Fault

console = Console(highlight=False)


def load() -> None:
    """Imports all modules that hold scenarios."""
    for module in pkgutil.iter_modules(tests.chaos.__path__):
        if module.name.startswith("faults_"):
            importlib.import_module(f"tests.chaos.{module.name}")


def play(fault: Fault) -> tuple[bool, str]:
    """Whether its promises were kept, and its figures or what broke."""
    try:
        return True, fault.play()
    except Broken as broken:
        return False, str(broken)
    except Exception as error:  # a scenario that can't be played has shown nothing
        console.print(traceback.format_exc(), style="dim", markup=False)
        return False, f"{type(error).__name__}: {error}"


def main(words: list[str]) -> int:
    load()
    if words == ["soak"]:
        from tests.chaos import soak

        return soak.main()
    if words[:1] == ["reviews"]:
        from tests.chaos import reviews

        return reviews.main(words[1:])
    numbers = [int(word) for word in words] or sorted(FAULTS)
    if unknown := set(numbers) - set(FAULTS):
        console.print(f"There are no scenarios {sorted(unknown)}; there are {sorted(FAULTS)}.")
        return 2
    return _table([FAULTS[number] for number in numbers])


def _table(faults: list[Fault]) -> int:
    table, kept, whole = Table(box=None, header_style="dim", pad_edge=False), True, Clock()
    for name, justify in (("#", "right"), ("fault", "left"), ("", "left"), ("took", "right"), ("figures", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for fault in faults:
        clock = Clock()
        passed, figures = play(fault)
        kept &= passed
        verdict = "[green]pass[/]" if passed else "[bold red]FAIL[/]"
        table.add_row(str(fault.number), fault.title, verdict, str(clock), escape(figures))
        console.print(f"{fault.number:>3} {verdict} {clock}  {fault.title}: {escape(figures)}")
    console.print()
    console.print(table)
    console.print(f"{len(faults)} scenarios in {whole}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
