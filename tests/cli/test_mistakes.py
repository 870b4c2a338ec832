"""Every option is checked before the first slow step; what the system refuses is one message too."""

import json
import re
import shutil
from pathlib import Path

import pytest

LONG = "a" * 300


@pytest.fixture
def nothing_slow(monkeypatch):
    """From here on whatever takes time explodes."""

    def explode(*arguments, **options):
        raise AssertionError("something slow began before all options were checked")

    for place in (
        "meekcast.forecasts.forecast.forecast", "meekcast.forecasts.forecast.infer", "meekcast.whatif.world.infer",
        "meekcast.inference.posterior.infer", "meekcast.inference.sampler.sample",
        "meekcast.sensitivities.analysis.shares_document", "meekcast.plots.elicit.write_elicited",
        "meekcast.plots.compare.write_priors",
    ):  # fmt: skip
        monkeypatch.setattr(place, explode)


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        (["forecast", "--today", "1800-01-01"], "--today 1800-01-01 is not between 1990-01-01 and 2100-12-31"),
        (["forecast", "--today", "3000-01-01"], "--today 3000-01-01 is not between"),
        (["forecast", "paper", "adversarial-play", "--until", "0"], "the horizon 0 is not between"),
        (["forecast", "leaderboard", "paper", "--weight", "paper=2"], "--weight is about the cards of a stack"),
        (["forecast", "leaderboard", "leaderboard-capped", "--stack", "--weight", "paper=2"], "'paper' is not in the stack"),
        (["forecast", "--stack", "--priors", "wide", "--priors", "literature"], "under one prior set"),
        (["when", "loss_gap < 0.1", "--by", "nan"], "--by: 'nan' is not a date"),
        (["when", "loss_gap < 0.1", "--by", "soon"], "--by: 'soon' is not a date"),
        (["when", "loss_gap < 0.1", "--today", "0001-01-01"], "--today 0001-01-01 is not between"),
        (["governance", "--by", "nan", "--anchor", "2020-07-01"], "--by: 'nan' is not a date"),
        (["governance", "--anchor", "0001-01-01"], "--anchor 0001-01-01 is not between"),
        (["sensitivity", "--alternatives", "foo"], "unknown prior set 'foo'"),
        (["sensitivity", "--alternatives", "literature,paper-cod"], "unknown prior set 'paper-cod'"),
        (["sensitivity", "--event", "foo"], "'foo' names no event"),
        (["sensitivity", "--event", "los_gap < 3"], "Did you mean 'loss_gap'?"),
        (["sensitivity", "--event", "loss_gap@1990"], "the date 1990 lies outside 2023-12-01"),
        (["sensitivity", "--at", "1990"], "the date 1990 lies outside 2023-12-01"),
        (["sensitivity", "--at", "nan"], "--at: 'nan' is not a date"),
        (["sensitivity", "--by", "g_prize"], "Did you mean 'g_price'?"),
        (["sensitivity", "--prior", "--base-points", "1000"], "power of two"),
        (["sensitivity", "--decision", "nowhere.toml"], "there is no decision nowhere.toml"),
        (["elicit", "g_price", "--quantile", "0.5=2", "--source", "Us"], "quantile"),
        (["elicit", "g_prise", "--quantile", "0.1=2", "--quantile", "0.9=3", "--source", "Us"], "Did you mean 'g_price'?"),
        (["priors", "wide", "--compare", "wide", "literature"], "--compare takes both sets itself"),
        (["backtest", "leaderboard", "paper"], "reads no evidence"),
        (["calibrate", "leaderboard", "paper"], "card 'paper' reads no scores"),
        (["calibrate", "leaderboard", "leaderboard"], "card leaderboard is named twice"),
        (["calibrate", "--ship", "--simulations", "99"], "--ship: 99 simulations find gross faults only"),
        (["calibrate", "--ship", "--process", "likelihood"], "is no calibration of forecasts"),
        (["calibrate", "--ship", "--set", "g_price=2"], "--ship keeps what is found of a card as it ships"),
        (["backtest", "--ship", "--priors", "wide"], "--ship keeps what is found of a card as it ships"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_before_anything_slow(
    run_cli, nothing_slow, one_message, monkeypatch, tmp_path, arguments, piece
):
    monkeypatch.chdir(tmp_path)
    one_message(run_cli(*arguments), piece)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments",
    [
        ["forecast"],
        ["forecast", "leaderboard", "leaderboard-capped", "--stack"],
        ["when", "loss_gap < 0.1"],
        ["governance"],
        ["sensitivity"],
        ["backtest"],
        ["priors", "--compare", "wide", "literature"],
    ],
)
def test_a_folder_that_cannot_be_written_is_told_before_anything_slow(
    run_cli, nothing_slow, one_message, tmp_path, arguments
):
    (tmp_path / "out").write_text("a file in the way")
    one_message(run_cli(*arguments, "--out", tmp_path / "out"), str(tmp_path / "out"))


def test_elicit_checks_both_places(run_cli, nothing_slow, one_message, tmp_path):
    (tmp_path / "file").write_text("a file in the way")
    stated = ("elicit", "g_price", "--quantile", "0.05=2", "--quantile", "0.95=4", "--source", "Us")
    one_message(run_cli(*stated, "--picture", tmp_path / "file"), str(tmp_path / "file"))
    one_message(run_cli(*stated, "--picture", tmp_path, "--out", tmp_path / "file" / "x.toml"), "file")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_other_prior_sets_are_checked_against_the_run(run_cli, nothing_slow, one_message, paper_sets, edited):
    """A set that lacks what the card needs is refused before the shares are computed."""
    out, _ = paper_sets
    lacking = edited("priors", "literature", ("[parameters.slowdown]", "[parameters.bench_noise]"))
    answer = run_cli("sensitivity", out / "paper-literature", "--alternatives", lacking)
    one_message(answer, lacking)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["forecast", "--draws", "1000000"], "10000"),
        (["forecast", "--draws", "49"], "50"),
        (["forecast", "--tune", "1000000"], "10000"),
        (["forecast", "--seed", "18446744073709551616"], "4294967295"),
        (["when", "loss_gap < 1", "--seed", "18446744073709551616"], "4294967295"),
        (["sensitivity", "--seed", "18446744073709551616"], "4294967295"),
        (["forecast", "--sampler", "nutpi"], "'nutpie', 'pymc'"),
    ],
)
def test_limits_of_numbers_are_told(run_cli, nothing_slow, arguments, said):
    answer = run_cli(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert arguments[-2] in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["forecast", LONG],
        ["forecast", f"{LONG}.toml"],
        ["forecast", "paper", "--priors", f"{LONG}.toml"],
        ["forecast", "paper", "--out", LONG],
        ["when", "loss_gap < 0.1", "--card", f"{LONG}.toml"],
        ["when", "loss_gap < 0.1", "--run", LONG],
        ["export", LONG, "--to", "json"],
        ["scenarios", LONG],
        ["check", LONG],
        ["replay", LONG],
        ["sensitivity", LONG],
    ],
)
def test_names_that_are_too_long_are_one_message(run_cli, one_message, nothing_slow, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    one_message(run_cli(*arguments))


def test_a_long_question_has_a_file_all_the_same(run_cli, tmp_path):
    given = [word for i in range(12) for word in ("--given", f"loss_gap > 0.0{i + 10} at {i + 1}")]
    arguments = ("--card", "paper", "--priors", "literature", "--draws", 250, "--out", tmp_path)
    answer = run_cli("when", "loss_gap < 0.05", *given[:8], *arguments)
    assert answer.code == 0, answer.err
    names = [file.name for file in (tmp_path / "paper" / "when").iterdir()]
    assert len(names) == 2
    assert max(map(len, names)) < 200


# Streams


@pytest.mark.long
def test_a_full_disk_behind_stdout_is_one_message(run_process, tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    code = "import sys; sys.stdout = open('/dev/full', 'w'); from meekcast.cli import main; main()"
    for arguments in (
        ("forecast", "paper", "--json", "--out", tmp_path),
        ("point",),
        ("models", "--json"),
        ("models",),
    ):
        answer = run_process(*arguments, code=code)
        assert answer.code == 2, answer.err
        assert answer.err.count("error: cannot write the result to stdout: No space left on device") == 1
        assert "Traceback" not in answer.err
        assert "Exception ignored" not in answer.err
    assert json.loads((tmp_path / "paper" / "summary.json").read_text())["card"] == "paper"


@pytest.mark.long
def test_a_terminal_that_knows_only_ascii_is_served(run_process, tmp_path, edited):
    card = edited("models", "paper", ('title = "', 'title = "Ünïcode – '))
    answer = run_process("forecast", card, "--priors", "literature", "--out", tmp_path, PYTHONIOENCODING="ascii")
    assert answer.code == 0, answer.err
    assert re.search(r"\d y - \d", answer.out)  # the dash of an interval
    assert len({len(line) for line in answer.out.splitlines() if line.startswith(("|", "+"))}) == 1
    document = json.loads(run_process("forecast", card, "--out", tmp_path, "--json", PYTHONIOENCODING="ascii").out)
    assert document["title"].startswith("Ünïcode – ")


@pytest.mark.parametrize("name", ["w/[/x]", "w/[red]z", "w/:smile:"])
def test_a_folder_may_be_called_anything(run_cli, tmp_path, name):
    answer = run_cli("forecast", "paper", "--out", tmp_path / name)
    assert answer.code == 0, answer.err
    assert f"{name}/paper/summary.json" in "".join(answer.out.split())


def test_an_event_may_be_called_anything(run_cli, edited, tmp_path, one_message):
    card = edited("models", "paper", ('name = "the loss gap passes its peak"', 'name = "gap [/b] closes"'))
    answer = run_cli("forecast", card, "--out", tmp_path)
    assert "gap [/b] closes" in " ".join(answer.out.split()), answer.err
    assert "gap [/b] closes" in " ".join(run_cli("models", card).out.split())
    one_message(run_cli("forecast", "[/b]"), "there is no file [/b]")


def test_a_cache_that_cannot_be_cleared_is_one_message(run_cli, one_message, monkeypatch, tmp_path):
    from meekcast import cache

    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    cache.keep("a", b"x")

    def refuse(file, **options):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "unlink", refuse)
    one_message(run_cli("cache", "--clear"), "Permission denied")


# Remedies


def test_the_command_that_makes_a_scorecard_holds_what_was_stated(run_cli, monkeypatch, prior_fit, tmp_path):
    """Typed as it stands, it asks for the same card, priors, changes and evidence."""
    import shlex

    from meekcast.cli import main

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("meekcast.forecasts.forecast.infer", prior_fit())
    changes = ["--set", "g_price=2.5", "--prior", "slowdown=LogNormal(2, sd 0.1)", "--priors", "wide"]
    options = [*changes, "--evidence", "mmlu-pro-small", "--draws", "50", "--tune", "50", "--out", str(tmp_path)]
    answer = run_cli("forecast", "mmlu-pro-alone", *options)
    (line,) = [line.strip() for line in answer.out.splitlines() if "meekcast backtest" in line]
    gathered = []
    monkeypatch.setattr("meekcast.backtests.obtain.check_backtests", lambda every, out: gathered.extend(every) or 1 / 0)
    monkeypatch.setattr("sys.argv", shlex.split(line))
    with pytest.raises(ZeroDivisionError):
        main()
    summary = json.loads((tmp_path / "mmlu-pro-alone" / "summary.json").read_text())
    assert gathered[0].hashes == summary["provenance"]["hashes"]


@pytest.mark.parametrize(("command", "name"), [("scenarios", "scenarios"), ("sensitivity", "decision")])
def test_an_example_is_printed_and_can_be_read(run_cli, command, name, tmp_path):
    from meekcast.inputs import gather
    from meekcast.sensitivities.decision import load_decision
    from meekcast.sensitivities.obtain import blank_run
    from meekcast.sensitivities.outputs import find_outputs
    from meekcast.whatif.scenarios import prepare, read_scenarios

    answer = run_cli(command, "--example")
    assert answer.code == 0, answer.err
    file = tmp_path / "mine.toml"
    file.write_text(answer.out)
    assert answer.out == (Path(__file__).parents[2] / "docs" / f"{name}.toml").read_text()
    inputs = gather("leaderboard")
    if command == "scenarios":
        prepare(read_scenarios(file), inputs)
    else:
        assert find_outputs(blank_run(inputs), load_decision(file).outcome, [])


def test_an_export_that_would_fill_the_disk_is_asked_for_twice(run_cli, one_message, paper_sets, tmp_path, monkeypatch):
    from meekcast.export import formats

    out, _ = paper_sets
    arguments = ("export", out / "paper-literature", "--to", "csv", "--table", "draws", "--out", tmp_path / "x.csv")
    message = one_message(run_cli(*arguments), "--yes", "--quantity")
    said = float(message.split("about ")[1].split(" GB")[0])
    assert list(tmp_path.iterdir()) == []
    answer = run_cli(*arguments, "--quantity", "loss_gap")
    assert answer.code == 0, answer.err
    quantities = len(json.loads((out / "paper-literature" / "summary.json").read_text())["bands"])
    written = (tmp_path / "x.csv").stat().st_size
    assert said == pytest.approx(written * quantities / 1e9, rel=0.35)
    monkeypatch.setattr(formats, "LARGE", 1e3)
    assert run_cli(*arguments, "--quantity", "loss_gap").code == 2
    assert run_cli(*arguments, "--quantity", "loss_gap", "--yes").code == 0


@pytest.mark.parametrize(
    ("library", "extra", "arguments"),
    [
        ("pyarrow", "exports", ["export", "RUN", "--to", "csv"]),
        ("pyarrow", "exports", ["export", "RUN", "--to", "parquet"]),
        ("zarr", "exports", ["export", "RUN", "--to", "zarr"]),
        ("xlsxwriter", "exports", ["export", "RUN", "--to", "xlsx"]),
        ("preliz", "elicitation", ["elicit", "g_price", "--quantile", "0.05=2", "--quantile", "0.95=4", "--source", "Us",
                                   "--compare"]),
    ],
)  # fmt: skip
def test_a_command_whose_extra_is_missing_says_which(
    run_process, one_message, paper_sets, tmp_path, library, extra, arguments
):
    run = str(paper_sets[0] / "paper-literature")
    code = f"import sys; sys.modules[{library!r}] = None; from meekcast.cli import main; main()"
    answer = run_process(*(run if a == "RUN" else a for a in arguments), code=code, cwd=tmp_path)
    one_message(answer, f"this needs {library}", f"pip install 'meekcast[{extra}]'")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.long
def test_everything_else_works_without_extras(run_process, paper_sets, tmp_path):
    shutil.copytree(paper_sets[0] / "paper-literature", tmp_path / "run")
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('pyarrow', 'zarr', 'preliz', 'SALib'))); "
        "from meekcast.cli import main; main()"
    )
    for arguments in (
        ["forecast", "paper"], ["sensitivity", "run", "--prior", "--base-points", "64"], ["export", "run", "--to", "json"],
        ["export", "run", "--to", "netcdf"], ["elicit", "g_price", "--quantile", "0.05=2", "--quantile", "0.95=4",
                                              "--source", "Us"],
    ):  # fmt: skip
        answer = run_process(*arguments, code=code, cwd=tmp_path)
        assert answer.code == 0, answer.err
