"""``--profile`` on every command: where the time went, on stderr, and nothing else is changed by it."""

import json

import pytest

from meekcast.cli import COMMANDS, COMMANDS_BELOW

BARS = str.maketrans("│┃|", "   ")
PAPER = ("forecast", "paper", "--priors", "literature", "--draws", "100", "--today", "2026-11-21")


def table(err):
    """Seconds and shares by step, read off what was printed; lines that go on with a name are part of it."""
    lines = err[err.index("where the time went") :].translate(BARS).splitlines()
    found, name = {}, ""
    for line in lines[1:]:
        words = line.split()
        if words and words[-1] == "%":
            name = " ".join(words[:-4])
            found[name] = tuple(float(word) for word in words[-4:-1])
        elif words and words[0].isalpha():
            found[f"{name} {' '.join(words)}"] = found.pop(name)
    return found


def adds_up(found):
    """What is printed adds up to the total; in hundredths, so that nothing is lost to floating point."""
    *parts, (name, total) = found.items()
    assert name == "total"
    for i in (0, 1):
        assert sum(round(100 * spent[i]) for _, spent in parts) == round(100 * total[i])
    hidden = 100 * 0.01 / max(total[0], 0.01)  # a part of less than a hundredth of a second is not shown
    assert abs(sum(spent[2] for _, spent in parts) - 100) <= len(parts) + hidden
    assert total[2] == 100
    assert all(seconds >= 0 for _, spent in parts for seconds in spent)
    return list(dict(parts))


@pytest.fixture(scope="module")
def paper_folder(run_cli, tmp_path_factory):
    out = tmp_path_factory.mktemp("profiled")
    assert run_cli(*PAPER, "--out", out).code == 0
    return out


def test_every_command_has_it(run_cli):
    for name in (*COMMANDS, *COMMANDS_BELOW):
        words = ["evidence", "import"] if name == "evidence_import" else [name]
        assert "--profile" in run_cli(*words, "--help").out, name


ANSWERS = [
    (["point", "--json"], {"start and imports"}),
    (["models", "leaderboard"], {"start and imports", "reading inputs", "printing"}),
    (["priors", "--json"], {"start and imports", "reading inputs"}),
    (["evidence"], {"start and imports", "reading inputs"}),
    (["when", "loss_gap < 0.02", "--run", "RUN", "--json"], {"start and imports", "reading inputs"}),
    (["export", "RUN", "--to", "json", "--out", "RUN.json", "--force"], {"start and imports", "reading inputs"}),
    (["models", "nothere"], {"start and imports"}),
    (["diff", "RUN", "nowhere"], {"start and imports"}),
]


@pytest.mark.long
@pytest.mark.parametrize(("arguments", "steps"), ANSWERS)
def test_stdout_and_the_exit_code_stay_and_the_time_adds_up(run_process, paper_folder, arguments, steps):
    arguments = [word.replace("RUN", str(paper_folder / "paper")) for word in arguments]
    plain, profiled = run_process(*arguments), run_process(*arguments, "--profile")
    assert (profiled.code, profiled.out) == (plain.code, plain.out)
    assert profiled.err.startswith(plain.err), "the table does not come last"
    assert [answer.err.count("where the time went") for answer in (plain, profiled)] == [0, 1]
    assert steps <= set(adds_up(table(profiled.err)))


@pytest.mark.long
def test_steps_of_a_forecast_are_named_at_any_width(run_process, tmp_path):
    surroundings = {"COLUMNS": "60", "NO_COLOR": "1", "PYTHONIOENCODING": "ascii"}
    answer = run_process(*PAPER, "--out", tmp_path, "--quiet", "--profile", **surroundings)
    assert (answer.code, answer.out) == (0, "")
    assert max(map(len, answer.err.splitlines())) <= 60
    assert "\x1b" not in answer.err
    steps = adds_up(table(answer.err))
    assert {"start and imports", "computing paths, bands and events", "drawing and writing"} <= set(steps)


@pytest.mark.long
def test_a_surprise_of_watch_keeps_its_exit_code(run_process, run_cli, edited, tmp_path):
    options = ("--draws", 100, "--seed", 84, "--today", "2025-06-01", "--quiet", "--out", tmp_path)  # nobody else's
    made = run_process("forecast", "mmlu-pro-alone", *options, "--profile")
    assert made.code in (0, 3), made.err
    assert "sampling" in adds_up(table(made.err))
    record = '  { actor = "frontier", date = 2025-07-10, model = "F", score = 99 },\n'
    newer = edited(
        "evidence",
        "mmlu-pro",
        ("as_of = 2025-04-30", "as_of = 2025-09-30"),
        ("records = [\n", "records = [\n" + record),
    )
    answer = run_process("watch", tmp_path / "mmlu-pro-alone", "--evidence", newer, "--json", "--profile")
    assert answer.code == 4, answer.err
    assert json.loads(answer.out)["verdict"] == "surprised"
    adds_up(table(answer.err))


def test_who_does_not_ask_pays_nothing(run_process):
    code = "import sys; from meekcast.cli import main\ntry: main()\nfinally: print('meekcast.report.profile' in sys.modules)"
    assert run_process("point", code=code).out.endswith("False\n")
