"""Rules that say which models count: what is typed, what is understood, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meekcast.errors import InputError
from meekcast.observations.rules import USUAL_ACTORS, Rule

limits = st.none() | st.floats(min_value=1e-300, max_value=1e300) | st.integers(1, 10**15).map(float)
rules = st.tuples(limits, st.booleans(), limits, limits).filter(lambda r: r != (None, False, None, None))


@given(rules)
def test_the_canonical_text_is_read_back(said):
    rule = Rule(*said)
    assert Rule.read(str(rule)) == rule
    assert str(Rule.read(str(rule))) == str(rule)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("price <= 1 USD per million tokens and open_weights", Rule(price=1, open_weights=True)),
        ("price<=1", Rule(price=1)),
        ("  price  <=  .5 USD ", Rule(price=0.5)),
        ("parameters <= 40e9", Rule(parameters=40e9)),
        ("parameters <= 7_000_000_000 parameters", Rule(parameters=7e9)),
        ("cost_per_task <= 0.1 USD per task\n and open_weights", Rule(cost_per_task=0.1, open_weights=True)),
        ("open_weights and parameters <= 40e9 and price <= 2 and cost_per_task <= 1 USD", Rule(2, True, 40e9, 1)),
    ],
)
def test_what_is_typed_is_understood(text, rule):
    assert Rule.read(text) == rule


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("", "the rule is empty", "price <= 1 USD per million tokens"),
        ("  ", "the rule is empty", "open_weights"),
        ("prize <= 1", "column 1: unknown condition 'prize'", "Did you mean 'price'?"),
        ("open_weights and parameter <= 4e9", "column 18: unknown condition 'parameter'", "Did you mean 'parameters'?"),
        ("price <= 1 and", "column 15: a condition is missing", "Allowed: cost_per_task"),
        ("and price <= 1", "column 1: a condition is missing", "Allowed: cost_per_task"),
        ("price", "column 1: price needs an upper limit", "price <= NUMBER"),
        ("price 1", "column 1: price needs an upper limit", "price <= NUMBER"),
        ("price >= 1", "price needs an upper limit, got '>='", "price <= NUMBER"),
        ("price < 1", "price needs an upper limit, got '<'", "price <= NUMBER"),
        ("price <=", "a number is missing", "price <= 1"),
        ("price <= cheap", "a limit is a positive number, got 'cheap'", "price <= 1"),
        ("price <= 0", "a limit is a positive number, got '0'", "price <= 1"),
        ("price <= -1", "a limit is a positive number, got '-1'", "price <= 1"),
        ("price <= nan", "a limit is a positive number, got 'nan'", "price <= 1"),
        ("parameters <= 1e999", "a limit is a positive number, got '1e999'", "parameters <= 1e9"),
        ("price <= 1 EUR", "unknown unit 'EUR' of price", "'USD per million tokens'"),
        ("parameters <= 40 billion", "unknown unit 'billion' of parameters", "or no unit"),
        ("price <= 1 or open_weights", "unknown unit 'or open_weights' of price", "or no unit"),
        ("price <= 1 and price <= 2", "column 16: price is stated twice", "once"),
        ("open_weights and open_weights", "open_weights is stated twice", "once"),
        ("open_weights <= 1", "open_weights takes no number", "alone"),
        ("open_weights yes", "open_weights takes no number", "alone"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_place(text, message, remedy):
    with pytest.raises(InputError) as error:
        Rule.read(text)
    assert message in error.value.message
    assert remedy in error.value.remedy


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["price", "<=", "1", "and", "open_weights", " ", "USD"])).map(" ".join)
)
def test_any_text_is_a_rule_or_an_input_error(text):
    try:
        rule = Rule.read(text)
    except InputError as error:
        assert error.remedy
    else:
        assert Rule.read(str(rule)) == rule


def test_remedies_work_when_typed():
    for text in (
        "price <= 1 USD per million tokens",
        "open_weights and parameters <= 40e9",
        "cost_per_task <= 0.1 USD",
    ):
        assert str(Rule.read(text)) == text


def test_a_rule_made_in_python_is_checked_too():
    with pytest.raises(InputError, match="every model would count"):
        Rule()
    with pytest.raises(InputError, match="parameters: a limit is a positive number, got 0"):
        Rule(parameters=0.0)


def test_usual_actors_have_names_of_their_own():
    assert [actor.name for actor in USUAL_ACTORS] == ["price_band", "open_weights", "home_computer", "pennies"]
    texts = [str(actor.rule) for actor in USUAL_ACTORS]
    assert [Rule.read(text) for text in texts] == [actor.rule for actor in USUAL_ACTORS]
