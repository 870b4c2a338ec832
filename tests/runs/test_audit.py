"""The audit trail: what a manifest holds, replay from it alone, what a diff explains, and what is refused."""

import json
import re
import shutil
import subprocess
from importlib import metadata

import pytest

from meekcast.cards import library
from meekcast.door.page import draw_run
from meekcast.errors import InputError, OutputError
from meekcast.inference.sampler import Silent
from meekcast.runs.diff import as_text, differences, flattened
from meekcast.runs.gathered import gather_again
from meekcast.runs.manifest import commit, distributions
from meekcast.runs.read import open_run
from meekcast.runs.replay import replay
from meekcast.runs.verify import SEAL, file_hash, read_manifest, seal, text_hash

TODAY = "2026-11-21"


@pytest.fixture(scope="module")
def own_files(tmp_path_factory):
    """A card and a prior set in a folder of the user's own, under names of their own."""
    folder = tmp_path_factory.mktemp("own")
    card = (library.shelf("models") / "paper.toml").read_text(encoding="utf-8")
    (folder / "mine.toml").write_text(card.replace('name = "paper"', 'name = "mine"', 1) + "# a remark: π\n", "utf-8")
    shutil.copy(library.shelf("priors") / "literature.toml", folder / "beliefs.toml")
    return folder


@pytest.fixture(scope="module")
def runs(own_files, run_cli):
    """Two runs, by what they differ in; the files that they were made from are gone afterwards."""
    asked = ["forecast", own_files / "mine.toml", "--priors", own_files / "beliefs.toml", "--draws", 100]
    asked += ["--today", TODAY, "--quiet"]
    changed = ["--set", "R=2", "--prior", "slowdown=LogNormal(10, sd 0.5)", "--until", 25, "--seed", 3]
    for name, extra in (("first", []), ("second", changed)):
        assert run_cli(*asked, *extra, "--out", own_files / name).code == 0
    texts = {name: (own_files / name).read_text(encoding="utf-8") for name in ("mine.toml", "beliefs.toml")}
    for name in texts:
        (own_files / name).unlink()
    return {name: own_files / name / "mine" for name in ("first", "second")} | {"texts": texts}


@pytest.fixture
def copied(runs, tmp_path):
    return shutil.copytree(runs["first"], tmp_path / "run")


def rewritten(file, change):
    """A manifest that was changed by somebody who knows how to seal it again."""
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest)
    manifest[SEAL] = seal(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")


# What it holds


def test_a_manifest_says_where_every_number_came_from(runs):
    manifest = read_manifest(runs["second"] / "manifest.json")
    assert manifest["schema"] == "meekcast.manifest/1"
    assert manifest["inputs"]["card"]["text"] == runs["texts"]["mine.toml"]
    assert manifest["inputs"]["priors"]["text"] == runs["texts"]["beliefs.toml"]
    assert manifest["inputs"]["card"]["sha256"] == text_hash(runs["texts"]["mine.toml"])
    sources = manifest["inputs"]["priors"]["sources"]
    assert "Hobbhahn" in sources["g_hardware"]
    assert sources["R"] == "stated by the user: 2"
    assert manifest["inputs"]["overrides"] == [
        {"name": "R", "prior": "2"}, {"name": "slowdown", "prior": "LogNormal(10, sd 0.5)"},
    ]  # fmt: skip
    assert (manifest["seed"], manifest["asked"]) == (
        3,
        {"until": 25.0, "today": TODAY, "as_of": None, "check": False},
    )
    assert manifest["diagnostics"]["draws"] == 400
    assert manifest["scorecard"] is None
    summary = json.loads((runs["second"] / "summary.json").read_text(encoding="utf-8"))
    assert set(manifest["outputs"]) == {*summary["files"]} - {"manifest.json"}
    for name, digest in manifest["outputs"].items():
        assert digest == file_hash(runs["second"] / name)


def test_the_command_in_the_manifest_asks_for_the_same_run_again(runs, tmp_path, run_cli, monkeypatch):
    command = read_manifest(runs["second"] / "manifest.json")["command"]
    for word in (command[1], command[command.index("--priors") + 1]):
        text = runs["texts"][word.rpartition("/")[2]]
        library.Path(word).write_text(text, encoding="utf-8")
    try:
        assert run_cli(*command, "--quiet", "--out", tmp_path).code == 0
    finally:
        for word in (command[1], command[command.index("--priors") + 1]):
            library.Path(word).unlink()
    for file in runs["second"].iterdir():
        assert (tmp_path / "mine" / file.name).read_bytes() == file.read_bytes(), file.name


def test_evidence_is_in_the_manifest_word_for_word(leaderboard_run):
    manifest = read_manifest(leaderboard_run[0] / "manifest.json")
    card = library.load_card("mmlu-pro-alone")
    assert [entry["benchmark"] for entry in manifest["inputs"]["evidence"]] == [b.name for b in card.observed]
    for entry, benchmark in zip(manifest["inputs"]["evidence"], card.observed, strict=True):
        assert entry["text"] == library.locate("evidence", str(benchmark.evidence)).read_text(encoding="utf-8")
    assert manifest["diagnostics"]["method"] == "nutpie"


def test_versions_are_those_of_all_dependencies_and_of_nothing_else():
    found = distributions()
    assert {"meekcast", "numpy", "pymc", "pytensor", "xarray", "pydantic-core", "rich"} <= found.keys()
    assert {"pytest", "ruff", "jsonschema"} & found.keys() == set()
    assert list(found) == sorted(found)
    assert {name: metadata.version(name) for name in found} == found


def test_the_commit_is_that_of_the_checkout(monkeypatch, tmp_path):
    here = commit()
    asked = ["git", "-C", str(library.CHECKOUT), "rev-parse", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert here == (None if done.returncode else {"hash": done.stdout.strip(), "modified": here["modified"]})
    monkeypatch.setattr(library, "CHECKOUT", tmp_path)
    commit.cache_clear()
    assert commit() is None
    (tmp_path / ".git").mkdir()
    commit.cache_clear()
    monkeypatch.setenv("PATH", "")
    assert commit() is None
    commit.cache_clear()


# Replay


@pytest.mark.long
@pytest.mark.parametrize("which", ["first", "second"])
def test_a_replay_gives_the_same_bytes_though_the_files_are_gone(runs, which, tmp_path):
    found = replay(runs[which] / "manifest.json", tmp_path / "again", Silent(), draw=draw_run)
    assert found.different == ()
    assert found.changed == {}
    assert set(found.identical) == {f.name for f in runs[which].iterdir()} - {"manifest.json"}
    for file in runs[which].iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.long
def test_a_replay_of_a_sampled_run_gives_the_same_bytes(leaderboard_run):
    """From the cache of this session; afresh in the slow test below."""
    found = replay(leaderboard_run[0], None, Silent(), draw=draw_run, fresh=False)
    assert (found.different, found.folder) == ((), None)
    assert set(found.identical) == read_manifest(leaderboard_run[0] / "manifest.json")["outputs"].keys()


@pytest.mark.slow
def test_a_replay_samples_afresh_and_gives_the_same_bytes(run_process, tmp_path):
    small = ["--draws", 200, "--tune", 200, "--today", TODAY, "--quiet", "--out", tmp_path]
    answer = run_process("forecast", *small, MEEKCAST_CACHE=str(tmp_path / "first"))
    assert answer.code in {0, 3}, answer.err
    answer = run_process("replay", tmp_path / "leaderboard", "--json", MEEKCAST_CACHE=str(tmp_path / "second"))
    assert json.loads(answer.out)["different"] == []


def test_a_card_whose_evidence_is_gone_is_gathered_again(edited, tmp_path, monkeypatch):
    from meekcast.inputs import gather

    table = edited("evidence", "mmlu-pro", to="mine.toml")
    card = tmp_path / "card.toml"
    text = (library.shelf("models") / "mmlu-pro-alone.toml").read_text(encoding="utf-8")
    assert 'evidence = "mmlu-pro"' in text
    card.write_text(text.replace('evidence = "mmlu-pro"', f'evidence = "{table}"'), encoding="utf-8")
    inputs = gather(str(card))
    from meekcast.runs.manifest import _inputs

    manifest = {"version": "0", "inputs": _inputs(inputs)}
    for file in (table, card):
        library.Path(file).unlink()
    (tmp_path / "texts").mkdir()
    assert gather_again(manifest, tmp_path / "texts").hashes == inputs.hashes
    with pytest.raises(InputError, match="there is no file"):
        library.load_evidence(table)  # nothing stands in any longer


@pytest.mark.long
def test_a_replay_tells_what_differs_and_what_changed(copied, monkeypatch, run_cli):
    def older(manifest):
        manifest["outputs"]["gap.png"] = "0" * 64
        manifest["distributions"]["numpy"] = "1.0"
        manifest["version"] = "0.0.1"

    rewritten(copied / "manifest.json", older)
    answer = run_cli("replay", copied / "manifest.json")
    assert answer.code == 1
    assert re.search(r"different +gap\.png", answer.out)
    assert re.search(r"identical +forecast\.nc", answer.out)
    assert "version: 0.0.1 -> " in answer.out
    assert "numpy: 1.0 -> " in answer.out
    document = json.loads(run_cli("replay", copied / "manifest.json", "--json").out)
    assert document["different"] == ["gap.png"]
    assert set(document["changed"]) == {"version", "numpy"}


def test_a_replay_into_a_place_that_cannot_be_written_computes_nothing(runs, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr("meekcast.runs.replay._run", None)  # calling it would fail
    with pytest.raises(OutputError, match="cannot write"):
        replay(runs["first"], tmp_path / "file" / "x", Silent(), draw=draw_run)


def test_a_text_that_was_never_there_cannot_be_replayed(copied):
    rewritten(copied / "manifest.json", lambda m: m["inputs"]["priors"].update(text=None, sha256=None))
    with pytest.raises(InputError, match="no text of priors 'literature'"):
        replay(copied, None, Silent(), draw=draw_run)


def test_a_text_that_says_something_else_to_this_version_is_not_replayed(copied):
    rewritten(copied / "manifest.json", lambda m: m["inputs"]["card"].update(fingerprint="0" * 64))
    with pytest.raises(InputError, match="reads card 'mine' differently than version"):
        replay(copied, None, Silent(), draw=draw_run)


def test_a_foreign_manifest_is_read_as_data_alone(copied, tmp_path):
    """Its texts go through the same checks as any file; nothing in it is code."""
    evil = 'schema = 1\nname = "x"\n__import__ = "os"\n'

    def replaced(manifest):
        manifest["inputs"]["card"].update(text=evil, sha256=text_hash(evil))

    rewritten(copied / "manifest.json", replaced)
    with pytest.raises(InputError, match="unknown key '__import__'"):
        replay(copied, None, Silent(), draw=draw_run)


def test_nothing_is_pickled():
    sources = {file: file.read_text(encoding="utf-8") for file in library.PACKAGE.rglob("*.py")}
    found = re.compile(r"\b(import|from)\s+(cloud)?(pickle|dill|joblib|shelve|marshal)\b|allow_pickle|\b(eval|exec)\(")
    guilty = [file.name for file, text in sources.items() if found.search(text)]
    assert guilty == ["work.py"]  # what processes send to those that work for them; no file is read so


def test_opening_a_run_loads_no_sampler_and_no_model(runs, run_process):
    code = """if True:
        import sys
        from pathlib import Path
        from meekcast.runs.read import open_run
        run = open_run(Path(sys.argv[1]))
        [event.dates for event in run.events], run.draws.read("loss_gap"), run.draws.posterior
        print([name for name in ("pymc", "nutpie", "pytensor", "xarray", "meekcast.forecasts.forecast") if name in sys.modules])
    """
    answer = run_process(runs["first"], code=code)
    assert (answer.code, answer.out.strip()) == (0, "[]"), answer.err


# Diff


def test_a_diff_names_inputs_first_then_results(runs, run_cli):
    inputs, results = differences(open_run(runs["first"]), open_run(runs["second"]))
    said = {(d.where, d.what): (d.first, d.second) for d in inputs}
    assert said == {
        ("--set and --prior", "R"): (None, "2"),
        ("--set and --prior", "slowdown"): (None, "LogNormal(10, sd 0.5)"),
        ("settings", "seed"): (0, 3),
        ("asked", "until"): (None, 25.0),
    }
    assert {d.where for d in results} <= {e.name for e in open_run(runs["first"]).events}
    assert any(d.what == "date, 50 % quantile" for d in results)
    answer = run_cli("diff", runs["first"], runs["second"])
    assert answer.code == 0
    assert answer.out.index("What went in") < answer.out.index("seed") < answer.out.index("What came out")
    document = json.loads(run_cli("diff", runs["first"], runs["second"], "--json").out)
    assert len(document["inputs"]) == 4


def test_a_run_does_not_differ_from_itself(runs, run_cli):
    answer = run_cli("diff", runs["first"], runs["first"])
    assert "No input differs" in answer.out
    assert "No result differs" in answer.out


def test_a_diff_finds_what_the_files_say_differently(copied, runs):
    first = open_run(runs["first"])
    text = runs["texts"]["beliefs.toml"].replace("1.40, 95% 1.25..1.57", "1.50, 95% 1.25..1.77", 1)
    second = open_run(copied)
    second.manifest["inputs"]["priors"].update(text=text, sha256=text_hash(text), fingerprint="other")
    second.manifest["inputs"]["card"]["sha256"] = "other comments"
    (card, prior), results = differences(first, second)
    assert (card.where, card.what) == ("card", "comments or spacing alone")
    assert (prior.where, prior.what) == ("priors", "parameters.g_hardware.prior")
    assert (prior.first, prior.second) == ("LogNormal(1.40, 95% 1.25..1.57)", "LogNormal(1.50, 95% 1.25..1.77)")
    assert results == []


def test_a_row_put_in_between_is_one_difference():
    rows = [{"actor": "frontier", "date": f"2024-0{i}-01", "model": f"m{i}", "score": i} for i in range(1, 6)]
    one, two = flattened({"records": rows}), flattened({"records": [*rows[:2], {**rows[2], "model": "new"}, *rows[2:]]})
    assert {key: value for key, value in two.items() if one.get(key) != value} == {
        "records[frontier, 2024-03-01, new].score": 3
    }
    assert one.keys() <= two.keys()


def test_long_values_are_shortened_for_the_terminal():
    assert len(as_text("x" * 500)) == 100
    assert as_text(["a", 1]) == '["a", 1]'
    assert as_text("two\nlines") == "two lines"
