"""Price lists: what a row may say, and lists that add up."""

import datetime as dt

import pytest
from pydantic import ValidationError

from meekcast.errors import InputError
from meekcast.observations.prices import Alias, Price, Prices, PriceTable
from meekcast.observations.sheet import read_sheet

HEADER = ",".join(PriceTable.COLUMNS)


def day(text):
    return dt.date.fromisoformat(text)


def table(*rows):
    keys = ("model", "date", "input", "output", "blended")
    return PriceTable.model_validate(
        {
            "schema": 1, "name": "p", "title": "P", "source": "s", "licence": "l", "kind": "prices",
            "rows": [dict(zip(keys, row, strict=False)) for row in rows],
        }
    )  # fmt: skip


def test_a_blended_price_is_three_parts_input_and_one_output():
    assert Price(model="m", date="2024-01-01", input=1, output=5).usd == 2
    assert Price(model="m", date="2024-01-01", blended=0.7).usd == 0.7


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("m,2024-01-01,0,1,,s", ["column input", "greater than 0", "'0'"]),
        ("m,2024-01-01,1,-1,,s", ["column output", "greater than 0"]),
        ("m,2024-01-01,,,0,s", ["column blended", "greater than 0"]),
        ("m,2024-01-01,$1,1,,s", ["column input", "'$1'"]),
        ("m,,1,1,,s", ["column date", "the cell is empty"]),
        ("m,2024,1,1,,s", ["column date", "not a date"]),
        ("m,2024-01-01,1,,,s", ["m: input and output go together"]),
        ("m,2024-01-01,,,,s", ["m: give input and output, or blended alone (none is given)"]),
        ("m,2024-01-01,1,1,1,s", ["m: give input and output, or blended alone (both are given)"]),
    ],
)
def test_a_price_that_cannot_be_read_is_refused_at_its_place(tmp_path, line, pieces):
    file = tmp_path / "mine.csv"
    file.write_text(f"{HEADER}\nm,2023-01-01,1,1,,s\n{line}\n")
    with pytest.raises(InputError) as error:
        read_sheet(Price, file, PriceTable.COLUMNS)
    assert f"{file}, line 3" in error.value.message
    for piece in pieces:
        assert piece in error.value.message


def test_a_price_stands_once():
    with pytest.raises(ValidationError, match="duplicate row: m, 2024-01-01"):
        table(("m", "2024-01-01", 1, 1), ("m", "2024-01-01", 2, 2))


def test_lists_add_up_and_the_later_one_wins():
    shipped = table(("m", "2024-06-01", 1, 1), ("m", "2024-01-01", 2, 2), ("n", "2024-01-01", None, None, 9.0))
    mine = table(("m", "2024-06-01", 0.5, 0.5), ("o", "2024-01-01", 3, 3))
    prices = Prices.of_tables([shipped, mine], [Alias(alias="M 1", model="n"), Alias(alias="M 1", model="m")])
    assert prices.of("m") == ((day("2024-01-01"), 2.0), (day("2024-06-01"), 0.5))
    assert prices.of("M 1") == prices.of("m")
    assert (prices.of("n"), prices.of("o")) == (((day("2024-01-01"), 9.0),), ((day("2024-01-01"), 3.0),))
    assert prices.of("M") == Prices().of("m") == ()
