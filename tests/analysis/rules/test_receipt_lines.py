from decimal import Decimal

import pytest

from analysis.rules import extract_receipt
from analysis.rules.receipt_sums import proven
from tests.analysis.rules.drawing import page

HEAD = "CORNER SHOP\n5 Mill Street\n18/01/2018\n"


def lines(drawing):
    items = extract_receipt([page(HEAD + drawing.strip("\n"), source="ocr")]).line_items
    return [(i.description, i.quantity, i.unit_price, i.amount) for i in items]


@pytest.mark.parametrize(
    "drawing",
    [
        "2 x Milk      2.60\nTOTAL  2.60",
        "2 ×   Milk    2.60\nTOTAL  2.60",
        "2 Milk        2.60\nTOTAL  2.60",
        "2   Milk      2.60 A\nTOTAL  2.60",
    ],
)
def test_quantity_in_front(drawing):
    assert lines(drawing) == [("Milk", "2", None, "2.60")]


@pytest.mark.parametrize(
    "drawing",
    [
        "Milk   2 x 1.30   2.60\nTOTAL  2.60",
        "Milk   2 @ $1.30   $2.60\nTOTAL  $2.60",
        "Milk\n2 x 1.30     2.60\nTOTAL  2.60",
        "Milk          2.60\n  2 x 1.30\nTOTAL  2.60",
        "Milk          2.60\n  02 X RM 1.30\nTOTAL  2.60",
        "Milk    2   1.30   2.60 T\nTOTAL  2.60",
    ],
)
def test_quantity_and_price_beside_above_or_below(drawing):
    ((description, quantity, price, amount),) = lines(drawing)
    assert (description, Decimal(quantity), price, amount) == ("Milk", 2, "1.30", "2.60")


def test_weights_are_quantities():
    assert lines("0.48 Courgettes   7.92\n1 PK Mushrooms   5.50\nTotal  13.42") == [
        ("Courgettes", "0.48", None, "7.92"),
        ("PK Mushrooms", "1", None, "5.50"),
    ]


def test_indented_modifiers_have_no_quantity_but_the_lines_around_do():
    found = lines("1 Greek salad    8.99\n    Dressing     0.00\n    + Chicken    4.25\n    + Egg   1.00\nTotal  14.24")
    assert [(d, q) for d, q, *_ in found] == [
        ("Greek salad", "1"),
        ("Dressing", None),
        ("+ Chicken", None),
        ("+ Egg", None),
    ]


def test_names_that_begin_with_a_number_keep_it():
    found = lines("Milk   1.00\n7 Up   2.00\nBread   3.00\nButter   4.00\nTotal   10.00")
    assert [(d, q) for d, q, *_ in found][1] == ("7 Up", None)


def test_where_others_have_a_number_a_missing_one_was_overlooked():
    extraction = extract_receipt(
        [page(HEAD + "2 Roll   7.00\n3 Udon   9.00\nSalad   5.80\nTotal   21.80", source="ocr")]
    )
    assert [item.quantity for item in extraction.line_items] == ["2", "3", "1"]
    assert extraction.line_items[2].confidence < extraction.line_items[0].confidence


def test_a_title_of_quantities_says_so_too():
    assert [q for _, q, *_ in lines("QTY   DESC   AMT\n    Soup   6.79\n    Salad   7.69\nTotal   14.48")] == ["1", "1"]


def test_description_goes_on_in_the_next_row():
    found = lines("1 Bread, whole grain,\n  sliced   2.39\n1 Eggs   3.00\nTotal   5.39")
    assert found[0] == ("Bread, whole grain, sliced", "1", None, "2.39")


def test_prices_for_comparison_are_no_lines():
    found = lines(
        "Treadmill   799.99\nREGULAR PRICE   1099.99\nDelivery   0.01\nSUBTOTAL   800.00\nTax  80.00\nTOTAL   880.00"
    )
    assert [(d, a) for d, _, _, a in found] == [("Treadmill", "799.99"), ("Delivery", "0.01")]
    assert len(lines("Treadmill   799.99\nREGULAR PRICE   1099.99\nTOTAL   880.00")) == 1


def test_discounts_and_voids_count_where_the_sum_has_them():
    found = lines("Shirt   20.00\nCoupon   -5.00\nHat   10.00\nHat void   10.00-\nTOTAL   15.00")
    assert [a for *_, a in found] == ["20.00", "-5.00", "10.00", "-10.00"]
    found = lines("Shirt   20.00\nVIP Discount   (8.00)\nHat   5.00\nTOTAL   25.00")
    assert [a for *_, a in found] == ["20.00", "5.00"]


def test_leading_dots_and_dashes_are_no_signs():
    found = lines("1 Tikka   -80.00\n1 Dal   .60.00\nST   140.00\nService   14.00\nTL   154.00")
    assert [a for *_, a in found] == ["80.00", "60.00"]


def test_unlabelled_sum_ends_the_lines():
    assert [
        a for *_, a in lines("Fish   149.00\nLemonade   59.00\n   208.00\nService Charge   18.60\nTotal   226.60")
    ] == [
        "149.00",
        "59.00",
    ]


def test_letters_beside_amounts():
    assert [a for *_, a in lines("Mat   p37.48 A\nBird   4.50T\nTOTAL...41,98\nTotal  S41.98")] == ["37.48", "4.50"]


def test_a_product_that_is_called_balance_is_a_line():
    assert lines("NEW BALANCE 1500   80.00\nSocks   5.00\nTOTAL   85.00")[0][0] == "NEW BALANCE 1500"


def test_rows_around_the_lines_are_left_out_where_the_sum_says_so():
    found = lines("Table 12   9.50\nSoup   6.00\nFish   14.00\nSalad   5.00\nTOTAL   25.00")
    assert [a for *_, a in found] == ["6.00", "14.00", "5.00"]


def test_titles_are_followed_where_they_lead_to_the_sum():
    found = lines(
        "Name    Qty   Rate    Amount\nMasala    1   100.00   100.00\nPapadi    2   85.00   170.00\n#2   Total   270.00"
    )
    assert [(d, q, a) for d, q, _, a in found] == [("Masala", "1", "100.00"), ("Papadi", "2", "170.00")]


def test_no_lines_on_an_empty_page():
    assert extract_receipt([page("x", source="ocr")]).line_items == []


def test_proof_leaves_out_as_little_as_it_can():
    amounts = [Decimal(n) for n in (5, 3, 2)]
    assert proven(amounts, [False, True, True], {Decimal(10)}) == list(enumerate(amounts))
    assert proven(amounts, [False, True, True], {Decimal(8)}) == [(0, 5), (1, 3)]
    assert proven(amounts, [False, False, False], {Decimal(7)}) is None
    assert proven(amounts, [False, False, False], set()) is None
