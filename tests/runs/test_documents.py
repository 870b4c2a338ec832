"""Documents hold exactly what their types say, key by key, wherever they are nested."""

import io
import json

import pytest
from pydantic import ConfigDict, TypeAdapter, ValidationError
from rich.console import Console

from meekcast.backtests.documents import Scorecard
from meekcast.backtests.shelf import SHELF
from meekcast.door.rows import health_line
from meekcast.report.tables import forecast_report
from meekcast.runs.documents import Manifest, Summary
from meekcast.stacks.documents import MixtureDocument

TODAY = "2026-11-21"


def checked(kind, document):
    """Refuse missing keys, other keys and other kinds of values; infinite numbers are texts."""
    TypeAdapter(list[kind], config=ConfigDict(extra="forbid", strict=True)).validate_python([document])


@pytest.fixture(scope="module", params=["paper", "mmlu-pro-alone"])
def written(request, run_cli, tmp_path_factory):
    """Folder of a run with its predictive checks, and without and with evidence."""
    out = tmp_path_factory.mktemp("typed")
    answer = run_cli("forecast", request.param, "--check", "--draws", 300, "--today", TODAY, "--quiet", "--out", out)
    assert answer.code in (0, 1), answer.err
    return out / request.param


def test_a_summary_has_the_keys_of_its_type(written):
    summary = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    checked(Summary, summary)
    assert summary.keys() == Summary.__annotations__.keys() - {"label"}  # a comparison's, in no file


def test_a_manifest_has_the_keys_of_its_type(written):
    manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
    checked(Manifest, manifest)
    assert manifest.keys() == Manifest.__annotations__.keys()


def test_a_mixture_of_prior_sets_has_the_keys_of_its_type(paper_sets):
    checked(MixtureDocument, json.loads((paper_sets[0] / "paper-mixture.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", sorted(SHELF.glob("*.json")), ids=lambda file: file.stem)
def test_a_scorecard_has_the_keys_of_its_type(file):
    checked(Scorecard, json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("where", [("extra",), ("provenance", "extra"), ("events", 0, "extra")])
def test_a_key_that_its_type_does_not_tell_of_is_found(written, where):
    summary = inner = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = 1
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        checked(Summary, summary)


def test_chains_that_never_moved_are_reported(written):
    summary = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    summary["diagnostics"] |= {"r_hat_max": "inf", "ess_bulk_min": 0.0, "ess_tail_min": 0.0, "divergences": 100}
    console = Console(width=120, file=io.StringIO())
    console.print(forecast_report(summary, [], backtest="meekcast backtest"))
    assert "r-hat inf" in console.file.getvalue()
    assert "r-hat inf" in health_line(summary["diagnostics"])
