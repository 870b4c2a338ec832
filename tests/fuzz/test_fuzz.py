"""A bounded run of `make fuzz`: the same few hundred inputs each time; what longer runs found is in `test_found.py`."""

import pytest
from fuzzing.search import Hang, fault_of, search
from fuzzing.targets import Target, targets
from hypothesis import strategies as st

from meekcast.errors import InputError

BUDGET = 400
"""About how many milliseconds each target may take."""
NAMES = (
    "card", "prior set", "evidence", "rows of scores", "rows of prices", "import", "scenarios", "sweep", "decision",
    "prior", "question", "date, quantile, value", "backtest.json", "manifest", "summary", "sensitivity.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def every(tmp_path_factory):
    return {target.name: target for target in targets(tmp_path_factory.mktemp("fuzz"))}


def test_all_targets_are_run(every):
    assert tuple(every) == NAMES


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_read_is_used_or_refused(every, name):
    target = every[name]
    assert search(target, max(4, BUDGET // target.cost)).faults == {}


# The fuzzer itself


def wrong(given, folder):
    if given == b"hang":
        while True:
            pass
    if given == b"refused":
        raise InputError("no")
    if given == b"endless":
        raise InputError("x" * 200_000)
    if given == b"fault":
        raise KeyError("x")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (b"fine", None),
        (b"refused", None),
        (b"fault", "KeyError in nothing of meekcast"),
        (b"endless", "an endless message"),
        (b"hang", "Hang in nothing of meekcast"),
    ],
)
def test_faults_are_seen(monkeypatch, tmp_path, given, kind):
    monkeypatch.setattr("fuzzing.search.LONGEST", 0.2)
    found = fault_of(Target("x", st.just(given), wrong), given, tmp_path)
    assert (found[0] if found else None) == kind
    assert not issubclass(Hang, Exception)


def test_of_each_kind_the_smallest_input_is_kept():
    def feed(given, folder):
        if len(given) > 3:
            raise KeyError(given)

    found = search(Target("x", st.binary(max_size=40), feed), 200)
    assert found.inputs > 100
    assert [len(given) for given in found.faults.values()] == [4]
