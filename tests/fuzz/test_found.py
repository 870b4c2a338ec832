"""What fuzzing found: each case as it came, mended."""

import json

import pytest

import meekcast as mk
from meekcast.errors import InputError

BACKTEST = "meekcast.backtest/1"
LOSSES = (
    'schema = 1\nname = "l"\ntitle = "t"\nkind = "losses"\nunit = "nats/token"\nsource = "s"\nlicence = "l"\nrows = ['
    + ",".join(f"{{ params = {2**i}e6, tokens = {3**i}e8, loss = 2.{9 - i % 10} }}" for i in range(10))
    + "]\n"
)


@pytest.fixture
def run(paper_sets, tmp_path):
    """A copy of a run of which files may be replaced; their hashes are made to fit."""
    import hashlib
    import shutil

    from meekcast.runs.verify import SEAL, seal

    folder = shutil.copytree(paper_sets[0] / "paper-literature", tmp_path / "run")

    def replaced(name, change):
        document = json.loads((folder / name).read_bytes())
        change(document)
        if name == "manifest.json":
            document[SEAL] = seal(document)
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
        if name != "manifest.json":
            manifest = json.loads((folder / "manifest.json").read_bytes())
            manifest["outputs"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            manifest[SEAL] = seal(manifest)
            (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return replaced


def refused(answer):
    """One message, no traceback."""
    assert answer.code == 2
    assert answer.err.lstrip().startswith("error: ")
    return True


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["events"][0].update(probability_by={"5": "x"}),
        lambda s: s["events"][0].update(cdf={"x": "y"}),
        lambda s: s["events"][1]["probability_by"].pop("10"),
        lambda s: s["bands"]["loss_gap"]["time"].pop(),
        lambda s: s["bands"]["loss_gap"]["quantiles"]["0.5"].pop(),
        lambda s: s.update(followers=[1]),
        lambda s: s.update(parameters={"R": []}),
        lambda s: s.pop("lags"),
    ],
)
def test_a_summary_that_is_not_as_it_was_written_makes_no_page(run, run_cli, tmp_path, change):
    folder = run("summary.json", change)
    refused(run_cli("report", folder, "--out", tmp_path / "page.html"))
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("words", [["diff", "RUN", "RUN"], ["export", "RUN", "--to", "json", "--out", "OUT"]])
def test_a_summary_that_is_not_as_it_was_written_is_refused(run, run_cli, tmp_path, words):
    folder = run("summary.json", lambda s: s["events"][0].update(probability_by={"5": "x"}, cdf={"5": "x"}))
    refused(run_cli(*({"RUN": folder, "OUT": tmp_path / "out.json"}.get(word, word) for word in words)))


@pytest.mark.parametrize("asked", [5, [], {"as_of": "yesterday"}, {"as_of": 5}])
def test_a_manifest_that_says_nonsense_of_what_was_asked(run, run_cli, asked):
    refused(run_cli("replay", run("manifest.json", lambda m: m.update(asked=asked))))


def test_a_manifest_whose_texts_have_lists_for_names(run, run_cli):
    def change(manifest):
        manifest["inputs"]["prior_bases"] = [{**manifest["inputs"]["priors"], "name": [[]]}]

    refused(run_cli("watch", run("manifest.json", change)))


@pytest.mark.parametrize("key", ["command", "settings", "asked", "distributions", "version", "seed"])
@pytest.mark.parametrize(
    "words", [["watch", "RUN"], ["diff", "RUN", "RUN"], ["replay", "RUN"]], ids=lambda words: words[0]
)
def test_a_manifest_that_does_not_say_what_is_read_of_it(run, run_cli, words, key):
    folder = run("manifest.json", lambda m: m.pop(key))
    refused(run_cli(*({"RUN": folder}.get(word, word) for word in words)))


@pytest.mark.long
@pytest.mark.parametrize(
    "drivers", [{"measure_first": 5}, {"measure_first": [{"inputs": 5}]}, {"groups": []}, {"over_time": 1}]
)
def test_what_drives_the_answer_is_left_out_where_it_is_damaged(run, run_cli, tmp_path, drivers):
    folder = run("summary.json", lambda s: None)
    assert run_cli("sensitivity", folder, "--json").code == 0
    whole = json.loads((folder / "sensitivity.json").read_bytes())
    (folder / "sensitivity.json").write_text(json.dumps(whole | drivers), encoding="utf-8")
    assert run_cli("report", folder, "--out", tmp_path / "page.html").code == 0


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "9" * 5000, "{", "[]", '{"schema": []}', f'{{"schema": "{BACKTEST}"}}']
)
def test_a_document_by_itself_that_is_none(tmp_path, text):
    (tmp_path / "backtest.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        mk.open(tmp_path / "backtest.json")


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "a = " + "9" * 5000, "\ufeffa = 1"])
def test_a_decision_that_cannot_be_read(run_cli, tmp_path, text):
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    refused(run_cli("sensitivity", "paper", "--decision", tmp_path / "x.toml"))


def test_sensitivity_beside_a_run_may_be_nested_without_end(run, run_cli, tmp_path):
    folder = run("summary.json", lambda s: None)
    (folder / "sensitivity.json").write_text("[" * 100_000, encoding="utf-8")
    assert run_cli("report", folder, "--out", tmp_path / "page.html").code == 0


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "a = " + "9" * 5000], ids=["nesting", "digits"])
def test_a_file_of_endless_nesting_or_digits_is_refused(run_cli, tmp_path, text):
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    refused(run_cli("check", tmp_path / "x.toml"))


def test_a_file_of_many_unknown_keys_has_a_message_of_bearable_length(run_cli, tmp_path):
    (tmp_path / "x.toml").write_text("".join(f"k{i} = 1\n" for i in range(3000)), encoding="utf-8")
    answer = run_cli("check", tmp_path / "x.toml")
    assert len(answer.err) < 20_000
    assert "problems more" in answer.err


def test_a_table_of_losses_with_an_endless_spread_is_refused(run_cli, tmp_path):
    (tmp_path / "x.toml").write_text(LOSSES.replace("rows", "corpus_sd = 1e300\nrows", 1), encoding="utf-8")
    refused(run_cli("evidence", tmp_path / "x.toml"))


@pytest.mark.parametrize(
    "part",
    ['joint = [{ parameters = [["R"]] }]', "joint = [{ parameters = [1] }]", "correlations = [{ between = [[]] }]"],
)
@pytest.mark.parametrize("of", ["models", "priors"])
def test_lists_in_lists_of_names_in_what_extends_another(run_cli, tmp_path, part, of):
    base = {"models": "leaderboard", "priors": "literature"}[of]
    said = 'description = "d"\n' if of == "priors" else 'story = "s"\nwrong_if = "w"\n'
    (tmp_path / "x.toml").write_text(f'schema = 1\nextends = "{base}"\nname = "x"\ntitle = "t"\n{said}{part}\n')
    answer = run_cli("check", tmp_path / "x.toml")
    assert refused(answer)
    assert part.partition(" ")[0] in answer.err
