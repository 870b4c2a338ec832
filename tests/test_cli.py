"""The front door: what commands print where, their exit codes, and that a mistake or Ctrl-C costs nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from meekcast import cache
from meekcast.cards import library
from meekcast.inference import diagnostics

TODAY = "2026-11-21"
FILES = {"forecast.nc", "gap.png", "loss.png", "manifest.json", "prior_posterior.png", "summary.json"}


def one_message(answer, *pieces, code=2):
    """A user's mistake: one message with its remedy on stderr, nothing on stdout, no traceback."""
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert answer.err.count("error:") == 1
    message, _, remedy = answer.err[answer.err.index("error:") :].partition("\n")
    assert remedy.strip(), "no remedy"
    for piece in pieces:
        assert piece in answer.err, answer.err
    return message


def leftovers(folder):
    return [str(file) for file in folder.rglob("*") if file.name.endswith(".part")]


# Processes of their own: streams, exit codes, imports


def test_a_process_writes_json_to_stdout_alone_and_exits_with_0(run_process):
    answer = run_process("point", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out)["peak_time"] == pytest.approx(3.33723, abs=5e-6)


def test_a_process_tells_a_mistake_on_stderr_and_exits_with_2(run_process):
    message = one_message(run_process("forecast", "leaderbord"), "Did you mean 'leaderboard'?")
    assert message == "error: unknown model card 'leaderbord'"


LIGHT = [
    ["--help"], ["--version"], ["forecast", "--help"], ["models"], ["models", "leaderboard"], ["priors"],
    ["priors", "literature"], ["evidence"], ["evidence", "mmlu-pro"], ["models", "--json"], ["cache"], ["point"],
    ["point", "R=10", "--at", "3"], ["point", "--json"], ["backtest", "--help"], ["export", "--help"], ["replay", "--help"],
    ["diff", "--help"], ["elicit", "--help"],
]  # fmt: skip


def test_commands_that_only_answer_load_nothing_heavy(run_process):
    code = """if True:
        import contextlib, io, json, sys
        from meekcast.cli import main
        found = []
        for arguments in json.loads(sys.argv[1]):
            sys.argv = ["meekcast", *arguments]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
                main()
            heavy = ("pymc", "pytensor", "nutpie", "matplotlib", "xarray", "arviz", "scipy")
            found.append([arguments, [name for name in heavy if name in sys.modules]])
        print(json.dumps(found))
    """
    answer = run_process(json.dumps(LIGHT), code=code)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == [[arguments, []] for arguments in LIGHT]


@pytest.fixture(scope="module")
def long_card(tmp_path_factory):
    """A small card that compiles quickly, to be sampled for a long time."""
    text = (library.shelf("models") / "mmlu-pro-alone.toml").read_text()
    text = text.replace('discrepancy = "ou"', 'discrepancy = "none"').replace(
        'name = "mmlu-pro-alone"', 'name = "long"', 1
    )
    file = tmp_path_factory.mktemp("cards") / "long.toml"
    file.write_text(text)
    return file


def test_ctrl_c_while_sampling_is_one_message_and_leaves_everything_as_it_was(long_card, tmp_path):
    folder, own_cache = tmp_path / "out" / "long", tmp_path / "cache"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text("an earlier result")
    # Where the tests run in the background, processes inherit a deaf ear for Ctrl-C.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from meekcast.cli import main; main()"
    )
    arguments = [
        "forecast",
        long_card,
        "--evidence",
        "mmlu-pro-summary",
        "--draws",
        1_000_000,
        "--out",
        tmp_path / "out",
    ]
    running = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "MEEKCAST_CACHE": str(own_cache)},
    )  # fmt: skip
    heard = []
    try:
        for line in running.stderr:
            heard.append(line)
            if line.startswith("... sampling"):
                time.sleep(1)
                running.send_signal(signal.SIGINT)
                break
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, "".join(heard) + err
    assert [line for line in err.splitlines() if line.strip()] == [
        "interrupted: nothing is half-written, what was finished before stands"
    ]
    assert out == ""
    assert (folder / "summary.json").read_text() == "an earlier result"
    assert [file.name for file in folder.iterdir()] == ["summary.json"]
    assert leftovers(tmp_path) == []
    assert not own_cache.exists() or not list(own_cache.iterdir())


# The calculator


def test_point_prints_lines_for_people(run_cli):
    answer = run_cli("point", "--at", "10", "--at", "-3")
    assert (answer.code, answer.err) == (0, "")
    assert "3.33723 years after t0, 0.202238 nats/token" in answer.out
    rows = answer.out.splitlines()
    assert [row.split()[0] for row in rows[-3:]] == ["time", "10", "-3"]
    assert "inf" in rows[-1]


def test_point_keeps_the_order_of_dates_and_full_precision(run_cli):
    answer = json.loads(run_cli("point", "--json", "--at", "7.5", "--at", "-2", "--at", "7.5", "L0=0").out)
    assert [row["time"] for row in answer["at"]] == [7.5, -2, 7.5]
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
        (["g_investment=0.5"], ["g_investment is below 1"]),
    ],
)
def test_point_refuses_with_one_message(run_cli, arguments, pieces):
    one_message(run_cli("point", "--json", *arguments), *pieces)


@pytest.mark.parametrize("arguments", [["point", "--at", "soon"], ["forecast", "--seed", "-1"], ["forecast", "--draws", "5"],
                                       ["forecast", "--until", "later"], ["nonsense"], ["forecast", "--nonsense"]])  # fmt: skip
def test_options_that_cannot_be_read_exit_with_2(run_cli, arguments):
    answer = run_cli(*arguments)
    assert answer.code == 2
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert "Usage:" in answer.err


# What there is


def test_the_version_is_told(run_cli):
    assert run_cli("--version").out.startswith("meekcast 0.")


@pytest.mark.parametrize("kind", ["models", "priors", "evidence"])
def test_lists_hold_every_name(run_cli, kind):
    answer = run_cli(kind)
    assert answer.code == 0
    names = library.evidence_names() if kind == "evidence" else library.names(kind)
    for name in names:
        assert name in answer.out
    listed = json.loads(run_cli(kind, "--json").out)
    assert [item["name"] for item in listed] == list(names)


def squeezed(text):
    return "".join(character for character in text if not character.isspace() and character not in "│┃")


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in ("models", "priors") for n in library.names(k)])
def test_showing_one_gives_every_number_with_unit_and_source(run_cli, monkeypatch, kind, name):
    monkeypatch.setenv("COLUMNS", "1000")  # wide enough that nothing is folded
    answer = run_cli(kind, name)
    item = library.load_card(name) if kind == "models" else library.load_priors(name)
    shown = squeezed(answer.out)
    for parameter, entry in item.parameters.items():
        number = f"{entry.parsed.mean:.10g}" if entry.parsed.family == "Point" else str(entry.prior)
        for text in (parameter, entry.unit, number, entry.source.rstrip(".")):
            assert squeezed(text) in shown
    for joint in item.joint:
        for text in (*joint.parameters, *joint.units, joint.source, *(f"{v:.6g}" for v in joint.mean)):
            assert squeezed(text) in shown
    for correlation in item.correlations:
        assert f"{correlation.value:g}" in shown
    assert json.loads(run_cli(kind, name, "--json").out)["name"] == name


@pytest.mark.parametrize("name", library.names("evidence"))
def test_showing_evidence_gives_every_row_source_and_licence(run_cli, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "1000")
    table = library.load_evidence(name)
    shown = squeezed(run_cli("evidence", name).out)
    for text in (table.source, table.licence, table.budget_rule, *(row.model for row in table.records)):
        assert squeezed(text) in shown
    document = json.loads(run_cli("evidence", name, "--json").out)
    assert len(document.get("records", [])) + len(document.get("gaps", [])) == table.size


def test_when_prices_were_seen_is_shown_where_it_is_known(run_cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    shown = run_cli("evidence", "gpqa-diamond").out
    assert "first seen that many days after release" in shown
    (row,) = [line for line in shown.splitlines() if "qwen2.5-32b-instruct" in line]
    assert row.rstrip(" ┃│").endswith("560")
    assert "first seen" not in run_cli("evidence", "mmlu-pro").out


def test_a_card_shows_how_its_evidence_is_read(run_cli, edited, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    keys = 'evidence = "eci"\nrule = "quarter_ends"\nprices_within = 90'
    card = edited("models", "unbounded-measure", ('evidence = "eci"', keys))
    said = "eci from eci, since 2023-07-01, best so far at quarter ends, prices seen within 90 days, linear link"
    assert said in run_cli("models", card).out
    assert "quarter ends" not in run_cli("models", "unbounded-measure").out


def test_what_json_shows_is_a_file_that_can_be_read(run_cli):
    for name in library.names("priors"):
        document = json.loads(run_cli("priors", name, "--json").out)
        assert library.PriorSet.model_validate(document) == library.load_priors(name)


@pytest.mark.parametrize(
    ("kind", "piece"), [("models", "leaderboard"), ("priors", "literature"), ("evidence", "mmlu-pro")]
)
def test_an_unknown_name_suggests_the_nearest(run_cli, kind, piece):
    one_message(run_cli(kind, piece[:-1]), f"Did you mean '{piece}'?")


@pytest.mark.parametrize(
    ("kind", "name", "said"), [("models", "paper", "model card"), ("priors", "wide", "prior set"), ("evidence", "mmlu-pro", "evidence table")]
)  # fmt: skip
def test_check_says_what_a_good_file_is(run_cli, edited, kind, name, said):
    file = edited(kind, name)
    answer = run_cli("check", file)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{file}: a valid {said}, {name!r}\n"


def test_check_takes_a_file_whatever_its_ending(run_cli, edited):
    assert run_cli("check", edited("models", "paper", to="mine.card")).code == 0


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "pieces"),
    [
        ("models", "paper", "horizon = 30", "horizn = 30", ["'horizn'", "Did you mean 'horizon'?"]),
        ("models", "paper", 'priors = "paper"', 'priors = "papr"', ["unknown prior set 'papr'"]),
        ("models", "leaderboard", 'evidence = "mmlu-pro"', 'evidence = "nowhere"', ["unknown evidence 'nowhere'"]),
        ("priors", "wide", '"LogNormal(1.40, 90% 1.15..1.70)"', '"LogNormal(1.40, 90% 1.70..1.15)"', ["out of order"]),
        ("evidence", "mmlu-pro", "score = 84", "score = 184", ["got 184", "o1, 2024-12-01"]),
    ],
)
def test_check_tells_what_is_wrong_with_a_bad_file(run_cli, edited, kind, name, old, new, pieces):
    one_message(run_cli("check", edited(kind, name, (old, new))), *pieces)


def test_check_of_a_file_that_is_not_there(run_cli, tmp_path):
    one_message(run_cli("check", tmp_path / "none.toml"), "there is no file", "none.toml")


def test_the_cache_is_shown_and_cleared(run_cli, monkeypatch, tmp_path):
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    assert run_cli("cache").out == f"0 posteriors, 0.0 MB, in {tmp_path}\n"
    for name in ("a", "b"):
        cache.keep(name, b"x" * 1_000_000)
    (tmp_path / "notes.txt").write_text("mine")
    assert run_cli("cache").out == f"2 posteriors, 2.0 MB, in {tmp_path}\n"
    document = json.loads(run_cli("cache", "--json").out)
    assert document["folder"] == str(tmp_path)
    assert {entry["bytes"] for entry in document["entries"]} == {1_000_000}
    assert run_cli("cache", "--clear").out == f"removed 2 posteriors from {tmp_path}\n"
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
    assert json.loads(run_cli("cache", "--clear", "--json").out) == {
        "folder": str(tmp_path), "removed": 0, "entries": [],
    }  # fmt: skip


def test_a_cache_that_is_not_there_is_empty(run_cli, monkeypatch, tmp_path):
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path / "none"))
    assert run_cli("cache").out.startswith("0 posteriors")
    assert run_cli("cache", "--clear").code == 0


# The forecast


@pytest.fixture(scope="module")
def paper_run(run_cli, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, run_cli("forecast", "paper", "--json", "--today", TODAY, "--out", out)


def test_forecast_json_is_json_and_nothing_else_and_progress_goes_to_stderr(paper_run):
    out, answer = paper_run
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["card"] == "paper"
    assert document["point"] is True
    assert answer.err.startswith("... paper: loading\n")
    assert {file.name for file in (out / "paper").iterdir()} == FILES


def test_a_point_result_says_so(run_cli, paper_run):
    answer = run_cli("forecast", "paper", "--today", TODAY, "--out", paper_run[0])
    assert "Every prior is a point" in answer.out
    assert "no uncertainty is stated" in answer.out
    assert "interval" not in answer.out


def test_asking_the_same_again_computes_nothing(run_cli, paper_run, monkeypatch):
    out, _ = paper_run
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in (out / "paper").iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr("meekcast.cli.forecast._compute", None)  # calling it would fail
        answer = run_cli("forecast", "paper", "--today", TODAY, "--out", out)
    assert answer.code == 0
    assert answer.err.strip() == ""
    assert "unchanged since the last run; --fresh computes it again" in answer.out
    assert {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in (out / "paper").iterdir()} == before


def test_fresh_computes_again_and_another_date_is_another_run(run_cli, paper_run, monkeypatch):
    out, first = paper_run
    computed = []

    def compute(*arguments):
        computed.append(arguments)
        return json.loads(first.out), []

    monkeypatch.setattr("meekcast.cli.forecast._compute", compute)
    for extra in (["--fresh"], ["--today", "2026-11-22"], ["--until", "20"], ["--seed", "1"], ["--set", "R=2"]):
        assert run_cli("forecast", "paper", "--today", TODAY, "--out", out, *extra).code == 0
    assert len(computed) == 5


def test_a_run_with_a_file_missing_is_not_standing(run_cli, paper_run, monkeypatch, tmp_path):
    out, _ = paper_run
    (tmp_path / "paper").mkdir()
    for file in (out / "paper").iterdir():
        if file.name != "gap.png":
            (tmp_path / "paper" / file.name).write_bytes(file.read_bytes())
    computed = []
    monkeypatch.setattr(
        "meekcast.cli.forecast._compute", lambda *a: computed.append(a) or (json.loads(paper_run[1].out), [])
    )
    run_cli("forecast", "paper", "--today", TODAY, "--out", tmp_path)
    assert len(computed) == 1


def test_quiet_writes_the_files_and_prints_nothing(run_cli, tmp_path):
    answer = run_cli("forecast", "paper", "--quiet", "--out", tmp_path)
    assert answer == (0, "", "")
    assert {file.name for file in (tmp_path / "paper").iterdir()} == FILES
    assert leftovers(tmp_path) == []


def test_the_report_is_what_a_policy_reader_needs(run_cli, leaderboard_run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    folder, _ = leaderboard_run
    answer = run_cli("forecast", folder.name, "--today", TODAY, "--out", folder.parent)
    assert answer.code == 0
    shown = " ".join(answer.out.split())
    for piece in (
        "The price band on MMLU-Pro", "Asked on 2026-11-21", "median", "50 % interval", "90 % interval", "P(by",
        "2027)", "2030)", "P(not by", "2040)", "gap stays below 5 points", "card mmlu-pro-alone (calendar clock)",
        "priors literature", "mmlu-pro: 13 records, the last of 2025-04-01", "nutpie, 4,000 draws",
        "r-hat", "divergent", "unchanged since the last run",
    ):  # fmt: skip
        assert piece in shown, piece
    for name in FILES:
        assert name in answer.out


def test_predictive_checks_are_one_flag_away(run_cli, leaderboard, tmp_path):
    """On the default card, which reads four leaderboards and carries a scorecard."""
    answer = run_cli("forecast", "--check", "--today", TODAY, "--out", tmp_path)
    assert answer.code == 0
    shown = " ".join(answer.out.split())
    for name in ("mmlu_pro", "gpqa", "eci", "arena"):
        assert f"prior predictive, {name}" in shown
    assert "Forecasts made at 7 quarter ends from 2024-06-30" in shown  # the scorecard that ships
    document = json.loads((tmp_path / "leaderboard" / "summary.json").read_text())
    assert [check["kind"] for check in document["predictive_checks"]] == [*["prior"] * 4, *["posterior"] * 4]
    assert document["scorecard"]["card"] == "leaderboard"
    assert document["diagnostics"]["status"] != "fail"
    assert document["diagnostics"]["ess_bulk_min"] > 200
    assert {file.name for file in (tmp_path / "leaderboard").iterdir()} == FILES | {"predictive_check.png"}


@pytest.fixture
def request_only(monkeypatch):
    """Stop before anything is computed; what was gathered is kept."""
    kept = {}

    def compute(request, job, settings, today, *rest):
        kept.update(request=request, inputs=job.inputs, settings=settings, today=today)
        return {"diagnostics": {"status": "ok"}}, []

    monkeypatch.setattr("meekcast.cli.forecast._compute", compute)
    return kept


def test_set_on_a_member_of_a_joint_prior_moves_the_others(run_cli, tmp_path):
    arguments = ["forecast", "paper", "--priors", "literature", "--draws", "50", "--json", "--until", "10"]
    plain = json.loads(run_cli(*arguments, "--out", tmp_path / "a").out)["parameters"]
    fixed = json.loads(run_cli(*arguments, "--out", tmp_path / "b", "--set", "alpha=0.155").out)["parameters"]
    assert set(fixed["alpha"]["prior"].values()) == {0.155}
    assert fixed["A"]["prior"]["0.5"] < 0.5 * plain["A"]["prior"]["0.5"]
    assert fixed["A"]["prior"]["0.95"] / fixed["A"]["prior"]["0.05"] < 1.5
    assert fixed["L0"]["prior"]["0.5"] != plain["L0"]["prior"]["0.5"]
    assert fixed["g_algorithms"]["prior"] == plain["g_algorithms"]["prior"]
    assert fixed["alpha"]["source"] == "stated by the user: 0.155"


def test_prior_changes_a_prior_in_one_line(run_cli, request_only, tmp_path):
    run_cli("forecast", "--json", "--out", tmp_path, "--prior", "g_algorithms=LogNormal(4.0, 90% 2.0..8.0)")
    belief = request_only["inputs"].belief
    assert [belief.quantile("g_algorithms", p) for p in (0.05, 0.5, 0.95)] == pytest.approx([2, 4, 8])


def test_options_reach_the_forecast(run_cli, request_only, tmp_path):
    run_cli(
        "forecast", "--json", "--priors", "wide", "--evidence", "mmlu-pro-small", "--seed", "7", "--draws", "60",
        "--tune", "70", "--target-accept", "0.9", "--sampler", "pymc", "--today", TODAY, "--until", "2030",
        "--set", "g_hardware=1.3", "--set", "g_price=2", "--prior", "slowdown=10", "--out", tmp_path,
    )  # fmt: skip
    settings, inputs, request = (request_only[key] for key in ("settings", "inputs", "request"))
    assert (settings.seed, settings.draws, settings.tune, settings.target_accept, settings.sampler) == (
        7,
        60,
        70,
        0.9,
        "pymc",
    )
    assert (inputs.priors.name, inputs.tables[0].name) == ("wide", "mmlu-pro-small")
    assert [(o.name, o.prior) for o in inputs.overrides] == [
        ("g_hardware", "1.3"),
        ("g_price", "2"),
        ("slowdown", "10"),
    ]
    assert request_only["today"].isoformat() == TODAY
    assert request.until == 2030


def test_seed_zero_is_the_default_and_a_seed(run_cli, request_only, tmp_path):
    run_cli("forecast", "--json", "--out", tmp_path)
    assert request_only["settings"].seed == 0


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        (["nowhere"], ["unknown model card 'nowhere'", "Allowed: ", "leaderboard", "paper"]),
        (["mine.toml"], ["there is no file mine.toml"]),
        (["--priors", "literatur"], ["unknown prior set 'literatur'", "Did you mean 'literature'?"]),
        (["--evidence", "nowhere"], ["unknown evidence 'nowhere'"]),
        (["paper", "--evidence", "mmlu-pro"], ["evidence 'mmlu-pro' is about 'mmlu_pro'", "card 'paper'"]),
        (["--today", "soon"], ["--today 'soon' is not a date", "2026-11-21"]),
        (["--today", "2026-13-01"], ["--today '2026-13-01' is not a date"]),
        (["--sampler", "nutpi"], ["unknown sampler 'nutpi'", "Did you mean 'nutpie'?"]),
        (["--set", "alfa=1"], ["no parameter 'alfa'", "Did you mean 'alpha'?"]),
        (["--set", "alpha"], ["cannot read 'alpha'", "NAME=VALUE"]),
        (["--set", "alpha=Normal(0.1, sd 0.1)"], ["--set", "is not a number", "use --prior"]),
        (["--set", "alpha=fast"], ["alpha: cannot read the prior 'fast'"]),
        (["--set", "g_hardware=-1.4"], ["g_hardware = -1.4", "outside 0..inf"]),
        (["--set", "alpha=0.155", "--set", "alpha=0.154"], ["alpha is changed twice", "once"]),
        (["--set", "alpha=0.155", "--prior", "alpha=Normal(0.1, sd 0.01)"], ["alpha is changed twice"]),
        (["--prior", "g_price=LogNormal(2.4, 90% 2.9..2.0)"], ["g_price: in the prior", "out of order"]),
        (["--prior", "g_price=Gamma(1, 2)"], ["unknown prior family 'Gamma'"]),
        (["--until", "1"], ["the horizon 1", "--until"]),
        (["paper", "--until", "1000"], ["the horizon 1000", "--until"]),
    ],
)
def test_a_forecast_that_cannot_be_made_is_one_message(run_cli, tmp_path, arguments, pieces):
    one_message(run_cli("forecast", "--json", "--out", tmp_path, *arguments), *pieces)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("blocked", ["out", "card"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_computed(run_cli, request_only, tmp_path, blocked):
    out = tmp_path / "out"
    if blocked == "card":
        out.mkdir()
    (out if blocked == "out" else out / "paper").write_text("a file in the way")
    one_message(run_cli("forecast", "paper", "--json", "--out", out), str(out), "--out DIR")
    assert not request_only
    assert (out if blocked == "out" else out / "paper").read_text() == "a file in the way"


def test_a_disk_that_is_full_leaves_an_earlier_result_whole(run_cli, paper_run, monkeypatch):
    out, _ = paper_run
    before = {file.name: file.read_bytes() for file in (out / "paper").iterdir()}

    def full(result, file):
        file.write_bytes(b"half of")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("meekcast.runs.netcdf.write", full)
    answer = run_cli("forecast", "paper", "--json", "--today", "2026-11-23", "--out", out)
    one_message(answer, "No space left on device", str(out))
    assert {file.name: file.read_bytes() for file in (out / "paper").iterdir()} == before
    assert leftovers(out) == []


def test_ctrl_c_anywhere_else_leaves_an_earlier_result_whole(run_cli, paper_run, monkeypatch):
    out, _ = paper_run
    before = {file.name: file.read_bytes() for file in (out / "paper").iterdir()}

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    for place in (
        "meekcast.forecasts.forecast.forecast",
        "meekcast.plots.forecast.write_pictures",
        "meekcast.runs.netcdf.write",
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, interrupted)
            answer = run_cli("forecast", "paper", "--json", "--today", "2026-11-23", "--out", out)
        assert answer.code == 130
        assert answer.out == ""
        assert "Traceback" not in answer.err
        assert answer.err.count("interrupted: nothing is half-written, what was finished before stands") == 1
        assert {file.name: file.read_bytes() for file in (out / "paper").iterdir()} == before
        assert leftovers(out) == []


def test_a_failed_diagnostic_is_told_with_its_remedy_and_exits_with_3(run_cli, monkeypatch, leaderboard, tmp_path):
    monkeypatch.setattr(diagnostics, "R_HAT", (0.1, 0.2))  # a bound that no chain can meet
    answer = run_cli("forecast", "--json", "--draws", "50", "--tune", "100", "--until", "2030", "--out", tmp_path)
    assert answer.code == 3
    document = json.loads(answer.out)
    assert document["diagnostics"]["status"] == "fail"
    assert any("chains disagree" in finding["message"] for finding in document["diagnostics"]["findings"])
    said = " ".join(answer.err.split())
    assert "diagnostics failed: chains disagree" in said
    assert "Raise --draws" in said
    assert {file.name for file in (tmp_path / "leaderboard").iterdir()} == FILES
    # and it is told again when asked again, from the standing run and from the cache
    again = run_cli("forecast", "--draws", "50", "--tune", "100", "--until", "2030", "--out", tmp_path)
    assert again.code == 3
    assert "fail" in again.out


def test_a_warning_exits_with_0(run_cli, request_only, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "meekcast.cli.forecast._compute", lambda *a: ({"diagnostics": {"status": "warn", "findings": []}}, [])
    )
    assert run_cli("forecast", "--json", "--out", tmp_path).code == 0
