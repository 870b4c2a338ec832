"""The calculator: the contract of ``meekcast point``."""

import json
import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meekcast.errors import InputError
from meekcast.files import to_json
from meekcast.paper.point import NAMES, PAPER, point, read_values

KEYS = ["peak_time", "peak_gap", "inflection_time", "end_time", "tokens_at_peak", "at"]
AT_KEYS = ["time", "loss_frontier", "loss_budget", "loss_gap", "tokens", "lag"]


def calculate(*values, at=()):
    return json.loads(to_json(point(read_values(values), list(at))))


def test_the_defaults_are_the_published_paper():
    assert PAPER == {
        "alpha": 0.155, "A": 1070, "L0": 1.7, "g_hardware": 1.4, "g_algorithms": 2.8, "g_investment": 5 / 1.4,
        "C0": 1e20, "R": 1, "eps": 0.05, "error_rate": 0.05, "slowdown": 1,
    }  # fmt: skip
    assert set(NAMES) == {*PAPER, "type_1", "type_2"}


def test_the_paper_at_its_own_values():
    answer = calculate()
    assert list(answer) == KEYS
    assert answer["peak_time"] == pytest.approx(3.33723, abs=5e-6)
    assert answer["peak_gap"] == pytest.approx(0.202237, abs=1e-6)
    assert answer["inflection_time"] == pytest.approx(2 * answer["peak_time"], rel=1e-12)
    assert answer["end_time"] == pytest.approx(13.002, abs=5e-4)
    assert answer["tokens_at_peak"] == pytest.approx(0.9 * math.log(19) / answer["peak_gap"], rel=1e-12)
    assert answer["at"] == []


def test_both_actors_at_dates_in_the_order_they_were_asked():
    answer = calculate(at=[10, 0, -3, 10])
    assert [row["time"] for row in answer["at"]] == [10, 0, -3, 10]
    assert all(list(row) == AT_KEYS for row in answer["at"])
    ten, zero, before, again = answer["at"]
    assert ten == again

    def loss(compute):
        return 1.7 + 1070 * compute**-0.155

    assert ten["loss_frontier"] == pytest.approx(loss(1e20 * 14**10))
    assert ten["loss_budget"] == pytest.approx(loss(1e20 * 3.92**10))
    assert ten["loss_gap"] == pytest.approx(ten["loss_budget"] - ten["loss_frontier"])
    assert ten["tokens"] == pytest.approx(30.1, abs=0.05)  # published
    assert ten["lag"] == pytest.approx(10 * math.log(5 / 1.4) / math.log(3.92))
    assert (zero["loss_gap"], zero["tokens"], zero["lag"]) == (0, "inf", 0)
    assert before["loss_gap"] < 0
    assert (before["tokens"], before["lag"]) == ("inf", pytest.approx(-3 * math.log(5 / 1.4) / math.log(3.92)))


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        ("R=10", "peak_time", (math.log(math.log(14) / math.log(3.92)) / 0.155 - math.log(10)) / math.log(5 / 1.4)),
        ("R=0.5", "peak_time", (math.log(math.log(14) / math.log(3.92)) / 0.155 + math.log(2)) / math.log(5 / 1.4)),
        ("alpha=0.154", "peak_time", 3.3589),
        ("alpha=0.154", "peak_gap", 0.2118),
        ("alpha=0.178", "peak_time", 2.9060),
        ("g_investment=20", "peak_time", 2.50),
        ("g_investment=1.1", "peak_time", 4.57),
        ("slowdown=100", "tokens_at_peak", 1310),
        ("error_rate=0.01", "tokens_at_peak", 0.98 * math.log(99) / 0.202237),
        ("g_algorithms=0.5", "peak_time", "inf"),
        ("eps=1", "end_time", "-inf"),
    ],
)
def test_changed_values_give_the_known_answers(value, key, expected):
    answer = calculate(value)[key]
    assert answer == (expected if isinstance(expected, str) else pytest.approx(expected, rel=2e-3))


def test_two_error_rates_give_walds_count():
    answer = calculate("type_1=0.01", "type_2=0.2")
    nats = 0.8 * math.log(0.8 / 0.01) + 0.2 * math.log(0.2 / 0.99)
    assert answer["tokens_at_peak"] == pytest.approx(nats / answer["peak_gap"])
    one = calculate("type_1=0.01")  # the other keeps the paper's 0.05
    assert one == calculate("type_1=0.01", "type_2=0.05")


def test_the_irreducible_loss_may_be_zero_and_moves_no_gap():
    with_floor, without = calculate(at=[5]), calculate("L0=0", at=[5])
    assert without["at"][0]["loss_budget"] == pytest.approx(with_floor["at"][0]["loss_budget"] - 1.7)
    assert without["at"][0]["loss_gap"] == with_floor["at"][0]["loss_gap"]


@pytest.mark.parametrize(
    ("values", "message", "remedy"),
    [
        (["alfa=1"], "unknown name 'alfa'", "Did you mean 'alpha'?"),
        (["g_invest=1"], "unknown name 'g_invest'", "Did you mean 'g_investment'?"),
        (["zzz=1"], "unknown name 'zzz'", "Allowed: A, C0, L0, R, alpha"),
        (["alpha"], "cannot read 'alpha'", "NAME=VALUE"),
        (["alpha=x"], "alpha = 'x' is not a number", "exponent of the scaling law"),
        (["alpha="], "alpha = '' is not a number", "exponent"),
        (["alpha=-1"], "alpha = -1 is out of range", "from 1e-06 to 10"),
        (["g_hardware=-1.4"], "g_hardware = -1.4 is out of range", "growth of FLOP per USD"),
        (["g_hardware=0"], "g_hardware = 0 is out of range", "from 0.01 to 1000"),
        (["R=inf"], "R = inf is out of range", "from 1e-20 to 1e+20"),
        (["R=nan"], "R = nan is out of range", "from 1e-20 to 1e+20"),
        (["L0=-1"], "L0 = -1 is out of range", "irreducible"),
        (["eps=0"], "eps = 0 is out of range", "from 1e-20"),
        (["R=1", "R=2"], "R is given twice", "once"),
        (["error_rate=0.1", "type_1=0.1"], "error_rate together with type_1", "type_1 and type_2"),
        (["type_2=0.1", "error_rate=0.1"], "error_rate together with type_2", "type_1 and type_2"),
        (["type_1=0.1", "type_2=0.1", "error_rate=0.1"], "error_rate together with type_1 and type_2", "Give"),
        (["g_investment=0.9"], "g_investment is below 1", "1 or more"),
        (["error_rate=0.7"], "", ""),
    ],
)
def test_what_has_no_answer_is_refused_with_a_remedy(values, message, remedy):
    with pytest.raises(InputError) as error:
        calculate(*values)
    assert message in error.value.message
    assert remedy in error.value.remedy
    assert error.value.remedy


growths = st.one_of(st.just(1.0), st.floats(-2, 3).map(lambda u: 10.0**u))
anything = st.fixed_dictionaries(
    {},
    optional={
        "alpha": st.floats(-6, 1).map(lambda u: 10.0**u),
        "A": st.floats(-30, 30).map(lambda u: 10.0**u),
        "L0": st.sampled_from([0.0, 1.7]),
        "g_hardware": growths,
        "g_algorithms": growths,
        "g_investment": growths,
        "C0": st.floats(0, 40).map(lambda u: 10.0**u),
        "R": st.one_of(st.just(1.0), st.floats(-20, 20).map(lambda u: 10.0**u)),
        "eps": st.floats(-20, 2).map(lambda u: 10.0**u),
        "slowdown": st.floats(0.1, 1e6),
        "type_1": st.floats(1e-9, 0.49),
        "type_2": st.floats(1e-9, 0.49),
    },
)
years = st.lists(st.one_of(st.floats(-50, 50), st.sampled_from([0.0, 1e6, -1e6, 1e300])), max_size=3)


@settings(deadline=None)
@given(anything, years)
def test_every_answer_is_a_number_or_a_refusal(values, at):
    """Never NaN (JSON refuses it), never a warning, whatever is asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            answer = calculate(*(f"{name}={value!r}" for name, value in values.items()), at=at)
        except InputError as error:
            assert error.remedy
            assert any(name in error.message for name in NAMES), error.message
            return
    assert list(answer) == KEYS
    assert [row["time"] for row in answer["at"]] == at
    for number in (*answer.values(), *(v for row in answer["at"] for v in row.values())):
        assert isinstance(number, int | float | list) or number in {"inf", "-inf"}
