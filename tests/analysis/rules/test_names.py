import pytest

from analysis.rules.names import is_name, tidy_name


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("ABC TRADING (801580-T)", "ABC TRADING"),
        ("YONG S0ON FATT 5/B", "YONG SOON FATT S/B"),
        ("#0002 BAIFU SDN BHD", "BAIFU SDN BHD"),
        ("99 SPEED MART S/D 519537-X)", "99 SPEED MART S/B"),
        ("Studio 54321", "Studio 54321"),
    ],
)
def test_names_are_tidied(printed, name):
    assert tidy_name(printed) == name


@pytest.mark.parametrize(
    "text", ["Tel: 0123", "12345 Stadthausen", "Germany", "Invoice date:", "Unit 1", "(not a name)", "17"]
)
def test_what_is_no_name(text):
    assert not is_name(text)


@pytest.mark.parametrize(
    "text", ["11 Main Street", "Viale Europa 109/B", "Due date", "12.03.2024", "z. Hd. Anna Vogel"]
)
def test_streets_labels_and_dates_are_no_names(text):
    assert not is_name(text)
