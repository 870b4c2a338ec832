"""The grammar of questions: what it reads, that it reads back what it writes, and where it points."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.errors import InputError
from meekcast.vocabulary.grammar import OPERATORS, Expression, Level, Reading, parse

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(lambda name: name != "at")
numbers = st.floats(allow_nan=False, allow_infinity=False)
dates = st.one_of(st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)), numbers)
readings = st.builds(Reading, names, st.one_of(st.none(), dates))
units = st.sampled_from(["", "points", "ln FLOP", "nats/token", "nats/token/year", "years"])
expressions = st.builds(
    Expression, readings, st.sampled_from(OPERATORS), st.one_of(readings, st.builds(Level, numbers, units))
)


@given(expressions)
def test_what_is_written_is_read_back(expression):
    assert parse(str(expression)) == expression
    assert str(parse(str(expression))) == str(expression)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_column(text):
    try:
        parse(text)
    except InputError as error:
        assert error.message.startswith("column ")
        assert error.remedy


@given(expressions, st.data())
def test_spaces_do_not_matter(expression, data):
    tight = str(expression).replace(f" {expression.operator} ", expression.operator)
    loose = str(expression).replace(" ", data.draw(st.sampled_from(["  ", "\t", "   "])))
    assert parse(loose) == expression
    assert parse(tight) == expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss_gap < 0.05", Expression(Reading("loss_gap"), "<", Level(0.05))),
        ("tokens>1_000", Expression(Reading("tokens"), ">", Level(1000.0))),
        ("budget_compute >= 1e26FLOP", Expression(Reading("budget_compute"), ">=", Level(1e26, "FLOP"))),
        ("lead <= .5 ln FLOP", Expression(Reading("lead"), "<=", Level(0.5, "ln FLOP"))),
        ("g < -2.5", Expression(Reading("g"), "<", Level(-2.5))),
        (
            "budget_level >= frontier_level at 2025-01-01",
            Expression(Reading("budget_level"), ">=", Reading("frontier_level", dt.date(2025, 1, 1))),
        ),
        ("loss_gap > 0.1 at 2027-01-01", Expression(Reading("loss_gap", dt.date(2027, 1, 1)), ">", Level(0.1))),
        ("loss_gap at 7.5 > 0.1", Expression(Reading("loss_gap", 7.5), ">", Level(0.1))),
        ("lag at 2 < lag at 1", Expression(Reading("lag", 2.0), "<", Reading("lag", 1.0))),
        ("lag > 3 months at 2027", Expression(Reading("lag", 2027.0), ">", Level(3.0, "months"))),
    ],
)
def test_examples(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "fixed"),
    [("a < 1", False), ("a < b", False), ("a < b at 1", False), ("a at 1 < b", False), ("a < 1 at 2", True),
     ("a at 1 < b at 2", True)],
)  # fmt: skip
def test_a_proposition_is_what_does_not_move(text, fixed):
    assert parse(text).is_proposition is fixed


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "expected a quantity, got the end"),
        ("loss_gap", 9, "expected an operator"),
        ("loss_gap <", 11, "got the end"),
        ("loss_gap = 3", 10, "got '='"),
        ("loss_gap < 3 at", 16, "got the end"),
        ("loss_gap < 3 at soon", 17, "got 'soon'"),
        ("loss_gap < 3 at 2025-02-30", 17, "2025-02-30 is not a date"),
        ("a at 1 < 3 at 2", 12, "expected nothing more, got 'at'"),
        ("a < b < c", 7, "expected nothing more"),
        ("5 < a", 1, "expected a quantity, got '5'"),
        ("a < 1e999", 5, "too large"),
        ("a < 1__0", 6, "expected nothing more"),
        ("a < 3 $", 7, "got '$'"),
        ("a < 1 2", 7, "got '2'"),
        ("a < 2025-01-01", 5, "got '2025-01-01'"),
    ],
)
def test_an_error_points_at_the_column(text, column, said):
    with pytest.raises(InputError) as caught:
        parse(text)
    message, shown, caret = caught.value.message.split("\n")
    assert message.startswith(f"column {column}: ")
    assert said in message
    assert shown == f"    {text}"
    assert caret == " " * (4 + column - 1) + "^"
    assert "Write for example" in caught.value.remedy


def test_numbers_are_read_to_the_last_digit():
    assert parse(f"a < {math.pi!r}").right.value == math.pi
