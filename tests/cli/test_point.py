"""``meekcast point``."""

import json

import pytest


def test_point_prints_lines_for_people(run_cli):
    answer = run_cli("point", "--at", "10", "--at", "3")
    assert (answer.code, answer.err) == (0, "")
    assert "3.33723 years after t0, 0.202238 nats/token" in answer.out
    rows = answer.out.splitlines()
    assert [row.split()[0] for row in rows[-3:]] == ["time", "10", "3"]


def test_point_keeps_the_order_of_dates_and_full_precision(run_cli):
    answer = json.loads(run_cli("point", "--json", "--at", "7.5", "--at", "0", "--at", "7.5", "L0=0").out)
    assert [row["time"] for row in answer["at"]] == [7.5, 0, 7.5]
    assert answer["at"][1]["tokens"] == "inf"
    assert len(repr(answer["peak_gap"])) >= 17


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["alfa=1"], ["unknown name 'alfa'", "Did you mean 'alpha'?"]),
        (["error_rate=0.1", "type_1=0.1"], ["error_rate together with type_1"]),
        (["g_hardware=-1"], ["g_hardware = -1 is out of range"]),
        (["--at", "inf"], ["--at inf"]),
        (["--at", "nan"], ["--at nan"]),
        (["--at", "-5"], ["--at -5 is not between 0 and 1000 years after t0"]),
        (["g_investment=1e300"], ["g_investment = 1e300 is out of range", "from 0.01 to 1000"]),
        (["g_hardware=1e-200", "g_algorithms=1e-200"], ["g_hardware = 1e-200 is out of range"]),
        (["g_investment=0.5"], ["g_investment is below 1"]),
    ],
)
def test_point_refuses_with_one_message(run_cli, arguments, pieces, one_message):
    one_message(run_cli("point", "--json", *arguments), *pieces)


@pytest.mark.parametrize("arguments", [["point", "--at", "soon"], ["forecast", "--seed", "-1"], ["forecast", "--draws", "5"],
                                       ["forecast", "--until", "later"], ["nonsense"], ["forecast", "--nonsense"]])  # fmt: skip
def test_options_that_cannot_be_read_exit_with_2(run_cli, arguments):
    answer = run_cli(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert "Usage:" in answer.err


def test_the_rounding_of_a_computation_is_shown_as_nothing(run_cli):
    """The lag where both actors stand level is -6.5e-16 years."""
    arguments = ("point", "g_investment=2.4", f"R={2.4**-7!r}", "--at", "7")
    assert run_cli(*arguments).out.splitlines()[-1].split()[-1] == "0"
    (row,) = json.loads(run_cli(*arguments, "--json").out)["at"]
    assert 0 < abs(row["lag"]) < 1e-12
