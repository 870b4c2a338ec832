"""``meekcast watch``: a run of one leaderboard against made-up newer tables; exit codes, JSON, widths, mistakes."""

import json
import shlex
import shutil

import pytest

import meekcast as mk

CALM = [("frontier", "2025-05-10", "F1", 87), ("budget", "2025-07-03", "B1", 84)]
FAR = [("frontier", "2025-05-10", "F1", 89), ("frontier", "2025-06-10", "F2", 94), ("frontier", "2025-07-10", "F3", 99)]
END = "records = [\n"


@pytest.fixture(scope="module")
def run(run_cli, tmp_path_factory):
    """A run of few draws, which therefore fails its diagnostics; its evidence ends on 2025-04-30, with a gap of 3."""
    out = tmp_path_factory.mktemp("watched")
    answer = run_cli("forecast", "mmlu-pro-alone", "--draws", 100, "--today", "2025-06-01", "--quiet", "--out", out)
    assert answer.code in (0, 3), answer.err
    return out / "mmlu-pro-alone"


@pytest.fixture
def newer(edited):
    """Write the shipped table with more records, up to 2025-09-30."""

    def write(rows, *replacements):
        lines = [f'  {{ actor = "{a}", date = {d}, model = "{m}", score = {s} }},\n' for a, d, m, s in rows]
        more = (END, END + "".join(lines))
        return edited("evidence", "mmlu-pro", ("as_of = 2025-04-30", "as_of = 2025-09-30"), more, *replacements)

    return write


@pytest.mark.parametrize(
    ("rows", "verdict", "code"), [(CALM, "as expected", 0), (FAR[-1:], "surprised", 4), (FAR, "refit", 5)]
)
def test_the_exit_code_is_the_verdict(run_cli, run, newer, rows, verdict, code):
    table = newer(rows)
    answer = run_cli("watch", run, "--evidence", table)
    assert answer.code == code, answer.err
    assert f"{verdict}: " in answer.out
    assert run_cli("watch", run, "--evidence", table, "--quiet") == (code, "", "")
    document = json.loads(run_cli("watch", run, "--evidence", table, "--json").out)
    assert (document["schema"], document["verdict"]) == ("meekcast.watch/1", verdict)
    assert [record["model"] for record in document["records"]] == [row[2] for row in rows]
    (series,) = document["series"]
    assert (series["series"], series["targets"], series["board"]["then"]["gap"]) == ("mmlu_pro", 5, 3.0)
    assert [t["date"] for t in document["targets"]] == [
        "2025-05-31", "2025-06-30", "2025-07-31", "2025-08-31", "2025-09-30",
    ]  # fmt: skip


def test_nothing_new_is_no_alarm(run_cli, run):
    answer = run_cli("watch", run)
    assert answer.code == 0
    assert "nothing new" in answer.out
    assert "the run's sampler failed" in answer.out


def test_only_what_was_known_on_a_date_counts(run_cli, run, newer):
    answer = run_cli("watch", run, "--evidence", newer(FAR), "--as-of", "2025-05-31", "--json")
    document = json.loads(answer.out)
    assert [(t["date"], t["observed"]) for t in document["targets"]] == [("2025-05-31", 6.0)]
    assert document["as_of"] == "2025-05-31"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_report_fits(run_cli, run, newer, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    out = run_cli("watch", run, "--evidence", newer(FAR)).out
    lines = [line for line in out.splitlines() if str(run.parent) not in line]  # a path of tests is long
    assert max(map(len, lines)) <= width
    assert "…" not in out
    for piece in ("MMLU-Pro", "16.0", "refit", "F3", "99.0", "above"):
        assert piece in out
    assert ("not shown" in out) == (width < 120)


def test_another_scale_and_another_benchmark_are_refused(run_cli, run, newer, one_message):
    elo = newer(CALM, ('unit = "points"', 'unit = "elo"'))
    one_message(run_cli("watch", run, "--evidence", elo), "in points, evidence 'mmlu-pro' in elo", "one unit")
    one_message(run_cli("watch", run, "--evidence", "gpqa"), "about 'gpqa'", "Allowed: mmlu_pro")
    one_message(run_cli("watch", run, "--evidence", "training-costs"), "holds no scores", "meekcast evidence")
    one_message(run_cli("watch", run, "--evidence", "mmlu-prr"), "unknown evidence 'mmlu-prr'", "Did you mean")
    one_message(run_cli("watch", run, "--as-of", "soon"), "--as-of 'soon' is not a date")


@pytest.mark.parametrize("name", ["forecast.nc", "summary.json", "manifest.json", "gap.png"])
def test_a_run_that_was_changed_is_refused(run_cli, run, tmp_path, name, one_message):
    copy = shutil.copytree(run, tmp_path / "copy")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(bytes(content))
    one_message(run_cli("watch", copy), str(copy / name))


def test_what_is_no_run_with_bands_is_refused(run_cli, paper_run, tmp_path, one_message):
    out, _ = paper_run
    one_message(run_cli("watch", out / "paper"), "card 'paper' reads no evidence", "leaderboard")
    one_message(run_cli("watch", tmp_path), "there is no run", "meekcast forecast")


def test_a_run_of_an_earlier_version_can_be_watched(run_cli, run, tmp_path):
    """Texts that mean something else to this version are enough, as long as the draws have what its card reads."""
    from meekcast.runs.verify import SEAL, seal

    copy = shutil.copytree(run, tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    for entry in (manifest["inputs"]["card"], *manifest["inputs"]["evidence"]):
        entry["fingerprint"] = "0" * 64
    manifest[SEAL] = seal(manifest)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert run_cli("replay", copy, "--cached").code == 2
    answer = run_cli("watch", copy, "--json")
    assert answer.code == 0
    updated = json.loads(answer.out)["updated"]
    assert (updated["way"], updated["pareto_k"]) == ("refit", None)
    assert "reads card 'mmlu-pro-alone' differently than version" in updated["why"]


# What the evidence does to the answers


def chances(told):
    return {by: p["value"] for by, p in told.items()}


def test_the_answers_are_those_of_the_run_where_nothing_is_new(run_cli, leaderboard_run):
    folder, forecast = leaderboard_run
    updated = json.loads(run_cli("watch", folder, "--json").out)["updated"]
    assert (updated["way"], updated["pareto_k"], updated["refit"]) == (
        "weights",
        "-inf",
        "meekcast forecast mmlu-pro-alone",
    )
    for event, asked in zip(updated["events"], json.loads(forecast.out)["events"], strict=True):
        assert (event["name"], event["then"]) == (asked["name"], asked["probability_by"])
        assert chances(event["now"]) == chances(event["then"])


def test_the_answers_are_weighted_for_new_evidence(run_cli, leaderboard_run, newer):
    """A follower that comes close to the frontier: it is likelier to stay near."""
    folder, _ = leaderboard_run
    table = newer([("budget", "2025-05-10", "B1", 85.0)])
    updated = json.loads(run_cli("watch", folder, "--evidence", table, "--json").out)["updated"]
    assert updated["way"] == "weights", updated["why"]
    assert updated["pareto_k"] < 0.7 and updated["weights_ess"] >= 400
    by_name = {event["expression"]: event for event in updated["events"]}
    shown = by_name["mmlu_pro_gap < 2 points"]
    now, then = (shown[when]["2027"] for when in ("now", "then"))
    assert now["value"] > then["value"] + 4 * now["error"]
    assert all(p["error"] > 0 for event in updated["events"] for p in event["now"].values())
    assert json.loads(run_cli("watch", folder, "--evidence", table, "--json").out)["updated"] == updated
    found = mk.watch(folder, evidence=table).updated
    row = found.table.query("event == @shown['name'] and by == '2027'").iloc[0]
    assert (row["then"], row["now"]) == (shown["then"]["2027"]["value"], shown["now"]["2027"]["value"])


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_answers_then_and_now_fit(run_cli, leaderboard_run, newer, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    folder, _ = leaderboard_run
    out = run_cli("watch", folder, "--evidence", newer(FAR[:1])).out
    lines = out.partition("The answers given this evidence")[2].splitlines()
    assert max(map(len, lines)) <= width
    assert sum(line.count("then → now") for line in lines) == 3
    assert "±" in out and "…" not in out


@pytest.mark.long
def test_where_weights_will_not_do_the_command_that_refits_is_told(run_cli, run, newer, tmp_path, monkeypatch):
    table = newer(FAR)
    updated = json.loads(run_cli("watch", run, "--evidence", table, "--json").out)["updated"]
    assert updated["way"] == "refit" and all(event["now"] is None for event in updated["events"])
    assert "weights of the run's draws will not do: k " in updated["why"] and "400 are needed" in updated["why"]
    assert updated["refit"] == f"meekcast forecast mmlu-pro-alone --draws 100 --evidence {table}"
    assert "This forecasts again:\n  meekcast forecast mmlu-pro-alone" in run_cli("watch", run, "--evidence", table).out
    monkeypatch.chdir(tmp_path)
    assert run_cli(*shlex.split(updated["refit"])[1:], "--quiet").code in (0, 3)
    assert (tmp_path / "out" / "mmlu-pro-alone" / "summary.json").is_file()


def test_a_run_that_was_made_by_weights_is_weighted_again(run_cli, leaderboard_run, newer, tmp_path):
    changed = ("--prior", "mmlu_pro_noise=LogNormal(2.3, 90% 1.7..3.2)")
    run_cli("forecast", "mmlu-pro-alone", *changed, "--quiet", "--today", "2026-11-21", "--out", tmp_path)
    summary = json.loads((tmp_path / "mmlu-pro-alone" / "summary.json").read_text())
    assert summary["diagnostics"]["error_ratio"] is not None
    answer = run_cli("watch", tmp_path / "mmlu-pro-alone", "--evidence", newer(CALM[:1]), "--json")
    updated = json.loads(answer.out)["updated"]
    assert updated["way"] == "weights" and updated["why"].endswith("; the run's draws came from weights too")
    assert updated["weights_ess"] < summary["diagnostics"]["weights_ess"]
    assert shlex.split(updated["refit"])[3:5] == list(changed)


def test_from_python(run, newer):
    table = newer(FAR)
    found = mk.watch(run, evidence=table)
    assert found.verdict == "refit"
    text = repr(found)
    assert text.startswith("refit: ") and "MMLU-Pro" in text and "3 new records" in text
    assert found.table.loc["mmlu_pro", ["targets", "verdict"]].tolist() == [5, "refit"]
    assert found.targets["observed"].tolist() == [6, 11, 16, 16, 16]
    assert list(found.records.table["model"]) == ["F1", "F2", "F3"]
    opened = mk.open(run).watch(table)
    assert opened.document["targets"] == found.document["targets"]
    fresh = mk.forecast("mmlu-pro-alone", draws=100, today="2025-06-01")  # in double precision, runs in single
    assert fresh.watch(table).document["targets"] == found.document["targets"]
    assert mk.watch(run, evidence=table, as_of="2025-05-31").targets["date"].tolist() == ["2025-05-31"]
    assert mk.watch(run).verdict == "nothing new"
