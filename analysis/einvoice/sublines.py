"""Tells the lines that the invoice's sums count from those that group or explain them."""

from decimal import Decimal

from analysis.einvoice.building import Line


def counted(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """(lines that add up to the line total, the others), both in the document's order.

    Nested lines of the EXTENDED profile say GROUP (their amount repeats that of the lines below them), INFORMATION (no
    amount of their own) or DETAIL. Where no code is given, a parent is a group if its children add up to it.
    """
    others = [line for line in lines if line.details.get("status") == "INFORMATION" or _is_group(line, lines)]
    return [line for line in lines if line not in others], others


def _is_group(line: Line, lines: list[Line]) -> bool:
    if "status" in line.details:
        return bool(line.details["status"] == "GROUP")
    own_id = line.details.get("id")
    children = [other for other in lines if own_id and other.details.get("parent") == own_id]
    return bool(children) and _amount(line) == sum(map(_amount, children), Decimal(0))


def _amount(line: Line) -> Decimal:
    return Decimal(line.item.amount or 0)
