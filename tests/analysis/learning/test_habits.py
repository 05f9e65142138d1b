"""What one correction changes for the vendor's next document, and for nobody else's."""

import pytest

from analysis import extraction, results, review
from analysis.findings import Extraction, Found
from analysis.learning import habits
from analysis.models import Correction, Habit
from analysis.review import Change
from documents import tenancy
from documents.pages import Box
from tests.analysis.learning.papers import analysed, invoice, page


@pytest.fixture
def scope(anna):
    with tenancy.as_user(anna.user):
        yield


def corrected(person, case, **changes):
    result = case.result
    result.refresh_from_db()
    review.correct(result.id, changes, user=person.user, expected_version=result.version)
    return Correction.objects.latest("id")


def next_one(person, pages, found=None):
    """What the vendor's next document is read as."""
    lessons = habits.load(person.workspace.id)
    if found is None:
        return extraction.extract(pages, kind="invoice", lessons=lessons)
    return habits.apply(found, pages, lessons)


def values(found):
    return {name: one.value for name, one in found.fields.items()}


def test_a_misread_name_is_right_the_next_time(anna, scope):
    slogan = invoice(head=("Quality since 1950", "Harbour Road 7", "Bristol Docks"))
    case = analysed(anna, slogan, Extraction("invoice", {"vendor": Found("Quality since 1950")}))
    corrected(anna, case, vendor="Ink & Paper Ltd")
    later = invoice(head=("Quality since 1950", "Harbour Road 7", "Bristol Docks"), total="77.00")
    found = next_one(anna, later, Extraction("invoice", {"vendor": Found("Quality since 1950", page=1)}))
    vendor = found.fields["vendor"]
    assert (vendor.value, vendor.source, found.extra["habits"]) == (
        "Ink & Paper Ltd",
        "learned",
        [Habit.objects.get().pk],
    )
    assert vendor.confidence > 0.9


def test_what_two_vendors_share_is_not_taken_for_one_of_them(anna, scope):
    """The buyer of all invoices, read as everybody's vendor."""
    mine = invoice(head=("Acme Buying Inc", "Harbour Road 7", "Bristol Docks", "Inkmakers"))
    case = analysed(anna, mine, Extraction("invoice", {"vendor": Found("Acme Buying Inc")}))
    corrected(anna, case, vendor="Ink & Paper Ltd")
    others = invoice(head=("Acme Buying Inc", "Forest Lane 3", "Leeds Centre", "Carpenters Guild"))
    found = next_one(anna, others, Extraction("invoice", {"vendor": Found("Acme Buying Inc")}))
    assert found.fields["vendor"].value == "Acme Buying Inc"


def test_a_value_is_found_beside_the_label_that_the_correction_showed(anna, scope):
    case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
    corrected(anna, case, total="119.00")
    later = invoice(rows=(("Something else", "5.00"), ("Sum of everything", "84.20")), total=None)
    total = next_one(anna, later).fields["total"]
    assert (total.value, total.raw, total.source, total.page) == ("84.20", "84.20", "learned", 1)
    assert total.box is not None


def test_a_value_below_its_label(anna, scope):
    case = analysed(anna, invoice(below=("Our sign", "RX-17/4"), total="1.00"))
    corrected(anna, case, invoice_number="RX-17/4")
    assert Habit.objects.get().lesson["side"] == "above"
    found = next_one(anna, invoice(below=("Our sign", "RX-902/11"), total="2.00"))
    assert found.fields["invoice_number"].value == "RX-902/11"


def test_a_value_without_a_label_is_found_by_its_region(anna, scope):
    case = analysed(
        anna, [page(("Ink & Paper Ltd", 40, 30), ("Harbour Road Bristol Docks", 40, 50), ("119.00", 400, 500))]
    )
    corrected(anna, case, total=Change("119.00", page=1, box=Box(400, 500, 440, 512)))
    assert Habit.objects.get().lesson["label"] == ""
    later = [
        page(
            ("Ink & Paper Ltd", 40, 30), ("Harbour Road Bristol Docks", 40, 50), ("3.00", 100, 300), ("7.50", 402, 505)
        )
    ]
    found = next_one(anna, later, Extraction("invoice", {"vendor": Found("Ink & Paper Ltd"), "total": Found("3.00")}))
    assert (found.fields["total"].value, found.fields["total"].source) == ("7.50", "learned")


def test_the_order_of_a_date_is_learned(anna, scope):
    case = analysed(anna, invoice(rows=(("Invoice date", "03/04/2025"),)))
    corrected(anna, case, date="2025-03-04")
    found = next_one(anna, invoice(rows=(("Invoice date", "05/06/2025"),)))
    assert found.fields["date"].value == "2025-05-06"


def test_a_constant_replaces_the_same_misreading_and_no_other_value(anna, scope):
    case = analysed(anna, invoice(), read("DE02120300000000202051"))
    corrected(anna, case, iban="DE02500105170137075030")
    again = next_one(anna, invoice(), read("DE02120300000000202051"))
    assert values(again)["iban"] == "DE02500105170137075030"
    changed = next_one(anna, invoice(), read("FR7630006000011234567890189"))
    assert values(changed)["iban"] == "FR7630006000011234567890189"


def read(iban):
    return Extraction("invoice", {"vendor": Found("Ink & Paper Ltd"), "iban": Found(iban)})


def test_what_was_removed_is_removed_again(anna, scope):
    case = analysed(anna, invoice(), read("DE02120300000000202051"))
    corrected(anna, case, iban=None)
    assert "iban" not in next_one(anna, invoice(), read("DE02120300000000202051")).fields
    assert "iban" in next_one(anna, invoice(), read("FR7630006000011234567890189")).fields


def test_later_lessons_know_the_vendor_by_its_right_name(anna, scope):
    head = ("Quality since 1950", "Harbour Road 7", "Bristol Docks")
    wrong = {"vendor": Found("Quality since 1950")}
    case = analysed(anna, invoice(head=head), Extraction("invoice", wrong))
    corrected(anna, case, vendor="Ink & Paper Ltd")
    second = analysed(
        anna, invoice(head=head), Extraction("invoice", {"vendor": Found("Ink & Paper Ltd", source="learned")})
    )
    corrected(anna, second, currency="CHF")
    found = next_one(anna, invoice(head=head), Extraction("invoice", wrong))
    assert values(found) == {"vendor": "Ink & Paper Ltd", "currency": "CHF"}


def test_taking_the_correction_back_takes_the_habit_back(anna, scope):
    case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
    correction = corrected(anna, case, total="119.00")
    assert len(habits.load(anna.workspace.id)) == 1
    review.revert(case.result.id, correction.id, user=anna.user)
    assert habits.load(anna.workspace.id) == ()


def test_a_habit_that_is_contradicted_is_retired(anna, scope):
    rows = (("Sum of everything", "119.00"), ("To be paid", "120.00"))
    corrected(anna, analysed(anna, invoice(rows=rows, total=None)), total="119.00")
    corrected(
        anna,
        analysed(anna, invoice(rows=(("Sum of everything", "20.00"), ("To be paid", "21.00")), total=None)),
        total="21.00",
    )
    old, new = Habit.objects.order_by("id")
    assert (old.active, new.active, new.lesson["label"]) == (False, True, "to be paid")
    found = next_one(anna, invoice(rows=(("Sum of everything", "1.00"), ("To be paid", "2.00")), total=None))
    assert found.fields["total"].value == "2.00"


def test_a_habit_that_agrees_makes_the_reading_surer(anna, scope):
    case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
    corrected(anna, case, total="119.00")
    fields = {"vendor": Found("Ink & Paper Ltd"), "total": Found("8.00", confidence=0.6, source="rules")}
    later = invoice(rows=(("Sum of everything", "8.00"),), total=None)
    total = next_one(anna, later, Extraction("invoice", fields)).fields["total"]
    assert total.source == "rules"
    assert 0.98 < total.confidence < 1


def test_use_is_counted(anna, scope):
    case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
    corrected(anna, case, total="119.00")
    habits.count_use(next_one(anna, invoice(rows=(("Sum of everything", "8.00"),), total=None)))
    habits.count_use(Extraction("invoice"))
    assert Habit.objects.get().used == 1


def test_another_type_or_another_tenant_learns_nothing(anna, mallory, scope):
    case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
    corrected(anna, case, total="119.00")
    later = invoice(rows=(("Sum of everything", "8.00"),), total=None)
    found = next_one(anna, later, Extraction("receipt", {"vendor": Found("Ink & Paper Ltd")}))
    assert "total" not in found.fields
    with tenancy.as_user(mallory.user):
        assert habits.load(anna.workspace.id) == ()


@pytest.mark.parametrize(
    ("name", "value"), [("taxes", [{"rate": "19", "base": "1", "tax": "0.19"}]), ("total", "55.00"), ("total", None)]
)
def test_what_teaches_nothing(name, value, anna, scope):
    """A list, a value that is not on the page, and one that was removed."""
    case = analysed(
        anna, invoice(total=None), Extraction("invoice", {"vendor": Found("Ink & Paper Ltd"), "total": Found("8.00")})
    )
    corrected(anna, case, **{name: value})
    assert not Habit.objects.exists()


def test_values_of_an_xml_teach_nothing(anna, scope):
    found = Extraction("invoice", {"vendor": Found("Ink & Paper Ltd"), "total": Found("8.00", source="xml")})
    case = analysed(anna, invoice(rows=(("Sum", "9.00"),)), found)
    corrected(anna, case, total="9.00")
    assert not Habit.objects.exists()


def test_the_pipeline_keeps_what_was_used_with_the_result(anna, scope):
    case = analysed(anna, invoice(rows=(("Sum of everything", "119.00"),), total=None))
    corrected(anna, case, total="119.00")
    found = next_one(anna, invoice(rows=(("Sum of everything", "8.00"),), total=None))
    other = analysed(anna, invoice())
    stored = results.store(other.job, found)
    assert stored.extra["habits"] == [Habit.objects.get().pk]
