"""Receipts of made-up shops, to learn from: the total stands beside a word that no rule knows."""

import random

from analysis.learned import Example
from tests.analysis.rules.drawing import page

_TOWNS = ("81100 JOHOR BAHRU", "45600 BATANG BERJUNTAI", "50000 KUALA LUMPUR", "40150 SHAH ALAM")
_NAMES = ("KEDAI", "MAJU", "BINTANG", "RESTORAN", "SINAR", "HARAPAN", "PELANGI", "MUTIARA")


def receipt(number: int, *, branch: int = 0) -> Example:
    """Receipt `branch` of shop `number`; equal numbers give equal receipts."""
    rng = random.Random(100 * number + branch)
    first, second = rng.sample(_NAMES, 2)
    vendor = f"{first} {second} {chr(65 + number % 26)}{chr(65 + number // 26)} SDN BHD"
    street, town = f"NO. {number + 2}, JALAN {second} {number},", rng.choice(_TOWNS)
    prices = [rng.randrange(100, 2000) for _ in range(3)]
    total, day = sum(prices), f"{1 + rng.randrange(27):02}"
    drawing = f"""
      {vendor}
      ({rng.randrange(100000, 999999)}-K)
      {street}
      {town}
      TEL: 07-{rng.randrange(1000000, 9999999)}
Bil: {rng.randrange(1000, 9999)}      {day}/03/2018 12:30
ITEM ONE                         {prices[0] / 100:.2f}
ITEM TWO                         {prices[1] / 100:.2f}
ITEM THREE                       {prices[2] / 100:.2f}
PERLU BAYAR                      {total / 100:.2f}
DITERIMA                         {(total + 500) / 100:.2f}
DIPULANG                         5.00
"""
    fields = {
        "vendor": vendor, "address": f"{street} {town}", "date": f"2018-03-{day}", "total": f"{total / 100:.2f}",
    }  # fmt: skip
    return Example([page(drawing, source="ocr")], "receipt", fields, f"shop-{number}", f"till-{number}-{branch}")


def receipts(count: int, *, start: int = 0) -> list[Example]:
    """One receipt each of so many shops."""
    return [receipt(number) for number in range(start, start + count)]
