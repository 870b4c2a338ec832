"""The grammar of questions: what it reads, that it reads back what it writes, and where it points."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.errors import InputError
from meekcast.vocabulary.expression import (
    DURATIONS,
    Comparison,
    Duration,
    Expression,
    Joined,
    Level,
    Reading,
    file_stem,
)
from meekcast.vocabulary.grammar import OPERATORS, RESERVED, parse

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(lambda name: name not in RESERVED)
numbers = st.floats(allow_nan=False, allow_infinity=False)
dates = st.one_of(st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)), numbers)
readings = st.builds(Reading, names, st.one_of(st.none(), dates))
units = st.sampled_from(["", "points", "ln FLOP", "nats/token", "nats/token/year", "years"])
comparisons = st.builds(
    Comparison, readings, st.sampled_from(OPERATORS), st.one_of(readings, st.builds(Level, numbers, units))
)


def joined(inner):
    """Conditions as `parse` makes them: parts joined by the same word are one list."""

    def build(word, parts):
        return Joined(
            word, tuple(p for one in parts for p in (one.parts if getattr(one, "word", "") == word else (one,)))
        )

    return st.builds(build, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3))


conditions = st.recursive(comparisons, joined, max_leaves=6)
durations = st.builds(Duration, st.floats(1e-3, 1e3), st.sampled_from(sorted(DURATIONS)))
expressions = st.builds(Expression, conditions, st.one_of(st.sampled_from(["stays", "first"]), durations))


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
    loose = str(expression).replace(" ", data.draw(st.sampled_from(["  ", "\t", "   "])))
    tight = str(expression)
    for operator in OPERATORS:
        tight = tight.replace(f" {operator} ", operator)
    assert parse(loose) == expression
    assert parse(tight) == expression


@given(expressions)
def test_brackets_that_say_nothing_are_dropped(expression):
    text = str(Expression(expression.condition))
    assert parse(f"(({text}))").condition == expression.condition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("loss_gap < 0.05", Expression(Comparison(Reading("loss_gap"), "<", Level(0.05)))),
        ("tokens>1_000", Expression(Comparison(Reading("tokens"), ">", Level(1000.0)))),
        ("budget_compute >= 1e26FLOP", Expression(Comparison(Reading("budget_compute"), ">=", Level(1e26, "FLOP")))),
        ("lead <= .5 ln FLOP", Expression(Comparison(Reading("lead"), "<=", Level(0.5, "ln FLOP")))),
        ("g < -2.5", Expression(Comparison(Reading("g"), "<", Level(-2.5)))),
        (
            "budget_level >= frontier_level at 2025-01-01",
            Expression(Comparison(Reading("budget_level"), ">=", Reading("frontier_level", dt.date(2025, 1, 1)))),
        ),
        (
            "loss_gap > 0.1 at 2027-01-01",
            Expression(Comparison(Reading("loss_gap", dt.date(2027, 1, 1)), ">", Level(0.1))),
        ),
        ("loss_gap at 7.5 > 0.1", Expression(Comparison(Reading("loss_gap", 7.5), ">", Level(0.1)))),
        ("lag at 2 < lag at 1", Expression(Comparison(Reading("lag", 2.0), "<", Reading("lag", 1.0)))),
        ("lag > 3 months at 2027", Expression(Comparison(Reading("lag", 2027.0), ">", Level(3.0, "months")))),
    ],
)
def test_examples(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("(a<1 and (b<1))", "a < 1 and b < 1"),
        ("a<1 or b<1 and c<1", "a < 1 or b < 1 and c < 1"),
        ("a<1 or (b<1 and c<1)", "a < 1 or b < 1 and c < 1"),
        ("(a<1 or b<1) and c<1 at 2027", "(a < 1 or b < 1) and c < 1 at 2027"),
        ("a<1 and (b<1 and c<1) first", "a < 1 and b < 1 and c < 1 first"),
        ("a < 3 months for 1 years", "a < 3 months for 1 year"),
        ("a < b for 90 day", "a < b for 90 days"),
    ],
)
def test_canonical_text(text, canonical):
    assert str(parse(text)) == canonical
    assert parse(canonical) == parse(text)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [("a < 1 at 2 and b < 1 at 2", True), ("a < 1 at 2 or b < 1", False), ("a < 1", False), ("a < b", False), ("a < b at 1", False), ("a at 1 < b", False), ("a < 1 at 2", True),
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
        ("a < 1 and", 10, "expected a quantity, got the end"),
        ("a < 1 and or", 11, "expected a quantity, got 'or'"),
        ("or < 1", 1, "expected a quantity, got 'or'"),
        ("(a < 1", 7, "expected 'and', 'or' or ')', got the end"),
        ("a < 1)", 6, "expected nothing more, got ')'"),
        ("(a < 1 first) and b < 1", 8, "'first' counts for the whole question"),
        ("a < 1 for 6 months and b < 1", 20, "expected nothing more, got 'and'"),
        ("a < 1 for 6", 12, "expected years, months or days"),
        ("a < 1 for 6 weeks", 13, "expected years, months or days, got 'weeks'"),
        ("a < 1 for -6 months", 11, "nothing lasts for -6"),
        ("a < 1 first for 6 months", 13, "expected nothing more"),
        ("(" * 40 + "a < 1" + ")" * 40, 31, "more than 30 brackets"),
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
    assert caught.value.remedy.startswith("Write ")


def test_numbers_are_read_to_the_last_digit():
    assert parse(f"a < {math.pi!r}").condition.right.value == math.pi


def test_names_of_files_tell_questions_apart():
    asked = [
        "a < 1", "a <= 1", "a > 1", "a > -1", "a < 1 first", "a < 1 for 6 months", "(a < 1 or b < 1) and c < 1",
        "a < 1 or b < 1 and c < 1", "a < 1 at 2027-01-01", "a < 1 at 2027", "a < 1 nats/token", "x" * 300, "x" * 301,
    ]  # fmt: skip
    stems = [file_stem(question) for question in asked]
    assert len(set(stems)) == len(asked)
    assert all(len(stem) < 200 and not set(stem) & set(" /<>()") for stem in stems)
    assert file_stem("../x") != file_stem("x")
    assert "/" not in file_stem("../x")
