"""The one reader: no command believes a file that was changed, and no folder leads out of itself."""

import json
import os
import re
import shutil

import h5py
import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.runs.read import open_run
from meekcast.runs.verify import file_hash, text_hash

PICTURE = "gap.png"
FILES = ("forecast.nc", "summary.json", "manifest.json", PICTURE)
SMALL = ("--draws", 100, "--today", "2026-11-21")
CARDS = ("capped-spending", "data-wall")

READERS = {
    "when": ("when", "loss_gap < 0.05", "--run", "{run}"),
    "sensitivity": ("sensitivity", "{run}"),
    "export of arrays": ("export", "{run}", "--to", "netcdf", "--out", "{out}/x.nc"),
    "export of draws": ("export", "{run}", "--to", "csv", "--table", "draws", "--quantity", "loss_gap", "--out", "{out}/x"),
    "export of dates": ("export", "{run}", "--to", "squiggle", "--out", "{out}/x.squiggle"),
    "diff": ("diff", "{run}", "{other}"),
    "diff the other way": ("diff", "{other}", "{run}"),
    "replay": ("replay", "{run}", "--cached"),
}  # fmt: skip
AUDITS = ("diff", "diff the other way", "replay")
"""Look at every file; of the others, none looks at pictures, and a copy of the arrays is of forecast.nc alone."""


@pytest.mark.parametrize("harm", ["cut", "changed_byte"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("reader", READERS)
def test_a_command_refuses_a_file_that_was_changed(request, run_cli, copied, drawn, tmp_path, reader, name, harm):
    if reader not in AUDITS and (name == PICTURE or (reader, name) == ("export of arrays", "summary.json")):
        pytest.skip("it does not read that file")
    request.getfixturevalue(harm)(copied / name)
    (tmp_path / "out").mkdir()
    words = [word.format(run=copied, other=drawn, out=tmp_path / "out") for word in READERS[reader]]
    answer = run_cli(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("error:") == 1
    assert str(copied / name) in "".join(answer.err.split("\n"))
    assert "Traceback" not in answer.err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("reader", [name for name in READERS if name != "replay"])
def test_an_intact_run_is_read_by_every_command(run_cli, copied, drawn, tmp_path, reader):
    words = [word.format(run=copied, other=drawn, out=tmp_path) for word in READERS[reader]]
    answer = run_cli(*words)
    assert answer.code == 0, answer.err


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_a_run_that_was_changed_is_never_called_unchanged(run_cli, copied, drawn, changed_byte, name):
    asked = ("forecast", "paper", "--priors", "literature", *SMALL, "--out", copied.parent)
    assert "unchanged" in run_cli(*asked).out
    changed_byte(copied / name)
    answer = run_cli(*asked)
    assert answer.code == 0
    assert "unchanged" not in answer.out
    for file in drawn.iterdir():
        assert (copied / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.fixture(scope="module")
def averaged(run_cli, tmp_path_factory):
    """Two cards, averaged."""
    out = tmp_path_factory.mktemp("averaged")
    answer = run_cli("forecast", *CARDS, "--stack", *SMALL, "--json", "--out", out)
    assert answer.code == 0, answer.err
    return out, answer.out


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_a_stack_is_of_what_was_computed(run_cli, averaged, changed_byte, name):
    out, honest = averaged
    changed_byte(out / CARDS[0] / name)
    answer = run_cli("forecast", *CARDS, "--stack", *SMALL, "--json", "--out", out)
    assert (answer.code, answer.out) == (0, honest)


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_a_mixture_of_prior_sets_is_of_what_was_computed(run_cli, paper_sets, tmp_path, changed_byte, name):
    out = shutil.copytree(paper_sets[0], tmp_path / "sets")
    honest = (out / "paper-mixture.json").read_bytes()
    changed_byte(out / "paper-wide" / name)
    options = [word for each in ("paper", "literature", "wide") for word in ("--priors", each)]
    answer = run_cli("forecast", "paper", *options, "--draws", 250, "--today", "2026-11-21", "--quiet", "--out", out)
    assert answer.code == 0, answer.err
    assert (out / "paper-mixture.json").read_bytes() == honest


def test_what_changes_after_it_was_opened_is_seen(copied, changed_byte):
    run = open_run(copied)
    before = run.draws.read("loss_gap")
    changed_byte(copied / "forecast.nc")
    np.testing.assert_array_equal(run.draws.read("loss_gap"), before)  # what was read is kept
    with pytest.raises(InputError, match=r"forecast\.nc is not the file that was written"):
        run.draws.read("budget_compute")


def test_each_file_is_hashed_once(copied, monkeypatch):
    from meekcast.runs import read

    hashed = []
    honest = read.stream_hash
    monkeypatch.setattr(read, "stream_hash", lambda source: hashed.append(source.name) or honest(source))
    run = open_run(copied)
    assert hashed == []
    assert (run.summary["card"], len(run.events), len(run.draws.posterior["alpha"])) == ("paper", 4, 400)
    run.draws.read("loss_gap"), run.draws.read("budget_compute"), run.tree
    assert sorted(hashed) == [str(copied / "forecast.nc"), str(copied / "summary.json")]


def test_a_run_is_named_by_its_folder_or_any_of_its_files(copied):
    for named in (copied, *copied.iterdir()):
        assert open_run(named).folder == copied


# Truncated, incomplete, newer


def test_a_truncated_manifest_is_told(copied, cut):
    cut(copied / "manifest.json")
    with pytest.raises(InputError, match="not valid JSON") as error:
        open_run(copied)
    assert "truncated" in error.value.remedy


def test_a_manifest_that_was_changed_and_not_sealed_is_told(copied):
    file = copied / "manifest.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"seed": 0', '"seed": 1', 1), encoding="utf-8")
    with pytest.raises(InputError, match="changed after it was written"):
        open_run(copied)


def test_a_changed_text_is_refused_though_the_manifest_is_sealed_again(copied, resealed):
    resealed(copied, lambda m: m["inputs"]["card"].update(text="schema = 1"))
    with pytest.raises(InputError, match="the text of card 'paper' does not match its hash"):
        open_run(copied)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing_is_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(InputError, match=rf"incomplete: {re.escape(name)} is missing"):
        open_run(copied)


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no run in"):
        open_run(tmp_path)
    with pytest.raises(InputError, match="there is no run folder"):
        open_run(tmp_path / "none")


def test_a_run_of_a_newer_schema_is_refused(copied, resealed, tmp_path):
    newer = shutil.copytree(copied, tmp_path / "newer")
    resealed(newer, lambda m: m.update(schema="meekcast.manifest/2"))
    with pytest.raises(InputError, match=r"schema meekcast\.manifest/2, this version of meekcast reads") as error:
        open_run(newer)
    assert "upgrade" in error.value.remedy
    rewritten(copied, resealed, schema="meekcast.summary/9")
    with pytest.raises(InputError, match=r"schema meekcast\.summary/9"):
        open_run(copied).summary["run"]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"schema": "other/1"}', '{"schema": "meekcast.manifest/x"}', "null"]
)  # fmt: skip
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"is no meekcast\.manifest"):
        open_run(tmp_path)


# Crafted: sealed again, so that every hash fits


def rewritten(folder, resealed, **changed):
    """Change the summary, and vouch for it."""
    file = folder / "summary.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changed}), encoding="utf-8")
    vouched(folder, resealed, "summary.json")


def vouched(folder, resealed, name):
    resealed(folder, lambda m: m["outputs"].update({name: file_hash(folder / name)}))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", "a\n", "", "a\0"])
def test_a_manifest_cannot_lead_out_of_its_folder(copied, resealed, name):
    resealed(copied, lambda m: m["outputs"].update({name: "0" * 64}))
    with pytest.raises(InputError, match="no plain file name"):
        open_run(copied)


@pytest.mark.parametrize("name", ["forecast.nc", "summary.json"])
def test_a_manifest_vouches_for_the_results(copied, resealed, name):
    resealed(copied, lambda m: m["outputs"].pop(name))
    with pytest.raises(InputError, match=f"does not vouch for {re.escape(name)}"):
        open_run(copied)


@pytest.mark.parametrize(
    "alter",
    [
        lambda m: m.update(outputs=["forecast.nc", "summary.json"]),
        lambda m: m["outputs"].update({"gap.png": None}),
        lambda m: m.pop("inputs"),
        lambda m: m.update(inputs={"card": {}, "priors": {}, "evidence": []}),
        lambda m: m["inputs"]["card"].update(text=["a"]),
        lambda m: m["inputs"].update(evidence=[7]),
    ],
)
def test_a_manifest_of_another_form_is_refused_in_one_message(run_cli, copied, resealed, alter):
    resealed(copied, alter)
    for command in (["diff", copied, copied], ["replay", copied / "manifest.json"]):
        answer = run_cli(*command)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.count("error:") == 1
        assert "Traceback" not in answer.err


def test_what_is_said_twice_is_refused(copied):
    file = copied / "manifest.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"seed": 0', '"seed": 1,\n  "seed": 0', 1), encoding="utf-8")
    with pytest.raises(InputError, match="'seed' is said twice"):
        open_run(copied)


@pytest.mark.parametrize("card", ["/elsewhere/pwn", "../pwn", "a/b", "", "..", "a\n", "é", None])
@pytest.mark.parametrize(
    "command", [["export", "--to", "json"], ["when", "loss_gap < 1", "--out", "out", "--run"], ["sensitivity"]]
)
def test_a_name_is_no_path(run_cli, copied, resealed, tmp_path, monkeypatch, card, command):
    rewritten(copied, resealed, card=card)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    answer = run_cli(*command, copied)
    assert (answer.code, answer.out) == (2, "")
    assert "card" in answer.err
    assert sorted(tmp_path.rglob("*")) == before


def test_the_name_in_the_arrays_is_no_path_either(run_cli, copied, resealed, tmp_path):
    with h5py.File(copied / "forecast.nc", "a") as file:
        file.attrs["card"] = "../../escaped"
    vouched(copied, resealed, "forecast.nc")
    answer = run_cli("when", "loss_gap < 0.05", "--run", copied, "--out", tmp_path / "deep" / "out")
    assert answer.code == 0, answer.err
    assert [file.name for file in (tmp_path / "deep" / "out").iterdir()] == ["paper"]
    assert not list(tmp_path.rglob("escaped"))


def linked_out(file, secret):
    del file["bands/loss_gap"]
    file["bands/loss_gap"] = h5py.ExternalLink(str(secret), "/x")


def linked_soft(file, secret):
    file["predictions/other"] = h5py.SoftLink("/bands/loss_gap")


def linked_group(file, secret):
    file["posterior/more"] = h5py.ExternalLink(str(secret), "/")


def stored_elsewhere(file, secret):
    shape = file["bands/loss_gap"].shape
    del file["bands/loss_gap"]
    file["bands"].create_dataset("loss_gap", shape, "f4", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])


def virtual(file, secret):
    layout = h5py.VirtualLayout((1,), "f8")
    layout[0] = h5py.VirtualSource(str(secret), "x", (1,))[0]
    file["predictions"].create_virtual_dataset("other", layout)


@pytest.mark.parametrize("crafted", [linked_out, linked_soft, linked_group, stored_elsewhere, virtual])
@pytest.mark.parametrize("reader", ["when", "sensitivity", "export of arrays", "export of draws", "diff"])
def test_arrays_that_lie_elsewhere_are_refused(run_cli, copied, drawn, resealed, tmp_path, crafted, reader):
    secret = tmp_path / "secret.nc"
    with h5py.File(secret, "w") as file:
        file["x"] = np.arange(1e6)
    with h5py.File(copied / "forecast.nc", "a") as file:
        crafted(file, secret)
    vouched(copied, resealed, "forecast.nc")
    (tmp_path / "out").mkdir()
    answer = run_cli(*(word.format(run=copied, other=drawn, out=tmp_path / "out") for word in READERS[reader]))
    assert (answer.code, answer.out) == (2, "")
    assert str(copied / "forecast.nc") in "".join(answer.err.split("\n"))
    assert list((tmp_path / "out").iterdir()) == []


def nowhere(file, secret):
    shape = (1000, *file["bands/loss_gap"].shape)
    file["predictions"].create_dataset("other", shape, "f8", chunks=True, maxshape=(None, None, None), fillvalue=1.0)
    file["predictions/other"].resize((10**9, *shape[1:]))


def packed(file, secret):
    file["predictions"].create_dataset("other", data=np.zeros(2**22), compression="gzip", shuffle=True)


def many_times(file, secret):
    file["predictions"].create_dataset("other0", data=np.zeros(2**16))
    for i in range(1, 500):
        file[f"predictions/other{i}"] = file["predictions/other0"]


@pytest.mark.parametrize("crafted", [nowhere, packed, many_times])
def test_arrays_that_are_much_larger_than_their_file_are_refused(copied, resealed, crafted):
    with h5py.File(copied / "forecast.nc", "a") as file:
        crafted(file, None)
    vouched(copied, resealed, "forecast.nc")
    with pytest.raises(InputError, match="its arrays would have"):
        open_run(copied).verified()


@pytest.mark.parametrize("name", FILES)
def test_links_in_the_folder_are_refused(run_cli, copied, tmp_path, name):
    (copied / name).rename(tmp_path / "elsewhere")
    (copied / name).symlink_to(tmp_path / "elsewhere")
    answer = run_cli("export", copied, "--to", "json", "--out", tmp_path / "x.json")
    assert answer.code == 2
    assert "is a symbolic link" in answer.err
    assert not (tmp_path / "x.json").exists()


def test_a_pipe_is_not_waited_for(copied):
    (copied / "forecast.nc").unlink()
    os.mkfifo(copied / "forecast.nc")
    with pytest.raises(InputError, match="no plain file"):
        open_run(copied)


@pytest.mark.parametrize("group", ["predictions", "events", "posterior"])
def test_arrays_of_another_form_are_one_message(run_cli, copied, resealed, group):
    with h5py.File(copied / "forecast.nc", "a") as file:
        del file[group]
    vouched(copied, resealed, "forecast.nc")
    answer = run_cli("sensitivity" if group == "posterior" else "export", copied, *(["--to", "sipmath"] * (group == "events")), *(["--to", "csv", "--table", "draws"] * (group == "predictions")))  # fmt: skip
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("error:") == 1
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "changed", [{"clock": 3}, {"events": None}, {"today": "soon"}, {"bands": []}, {"priors": "a/b"}]
)
def test_a_summary_of_another_form_is_one_message(copied, resealed, changed):
    rewritten(copied, resealed, **changed)
    with pytest.raises(InputError, match=r"summary\.json"):
        open_run(copied).summary["run"]


def test_a_card_whose_tables_are_not_in_the_manifest_reads_no_others(leaderboard_run, resealed, tmp_path, run_cli):
    folder = shutil.copytree(leaderboard_run[0], tmp_path / "run")
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(text)["inputs"]["evidence"]
    resealed(folder, lambda m: m["inputs"].update(evidence=[]))
    answer = run_cli("replay", folder / "manifest.json", "--cached")
    assert (answer.code, answer.out) == (2, "")
    assert "the manifest has texts of" in answer.err


def test_a_foreign_manifest_is_read_as_data_alone(copied, resealed, run_cli):
    """Its texts go through the same checks as any file; nothing in it is code."""
    evil = 'schema = 1\nname = "x"\n__import__ = "os"\n'
    resealed(copied, lambda m: m["inputs"]["card"].update(text=evil, sha256=text_hash(evil)))
    answer = run_cli("replay", copied / "manifest.json")
    assert answer.code == 2
    assert "unknown key '__import__'" in answer.err
