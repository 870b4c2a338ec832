"""What a run does not store is computed from what it does: to the last bit, of every quantity, or refused."""

import dataclasses
import shutil

import h5py
import numpy as np
import pytest

from meekcast.errors import InputError
from meekcast.forecasts.forecast import forecast
from meekcast.inputs import gather
from meekcast.runs.read import open_run
from meekcast.runs.verify import FORECAST, file_hash
from meekcast.runs.write import write_run


def written(result, folder):
    write_run(result, folder, "run", draw=lambda *_: None)
    return open_run(folder)


def revouched(folder, resealed):
    resealed(folder, lambda manifest: manifest["outputs"].update({FORECAST: file_hash(folder / FORECAST)}))
    return open_run(folder)


def check_same(run, predictions):
    assert list(run.draws.labels) == list(predictions.data_vars)
    for name, drawn in predictions.data_vars.items():
        found = run.draws.read(name)
        if name.endswith("_gap_observed"):
            np.testing.assert_array_equal(found, drawn.to_numpy().astype(np.float32))
        else:
            np.testing.assert_array_equal(found, drawn.to_numpy())


def test_what_is_computed_again_is_what_it_was(leaderboard, leaderboard_run):
    run = open_run(leaderboard_run[0])
    check_same(run, leaderboard.predictions)
    for asked, event in zip(leaderboard.events, run.events, strict=True):
        again = run.event(event.expression)
        np.testing.assert_allclose(again.dates, asked.dates, rtol=1e-7 if "observed" in event.expression else 0)
    with h5py.File(leaderboard_run[0] / FORECAST) as file:
        stored = {name for name, values in file["predictions"].items() if values.ndim == 2}
        assert stored == {"frontier_departure", "lead_departure", "mmlu_pro_gap_observed"}
        assert all(file["predictions"][name].dtype == np.float32 for name in stored)


@pytest.mark.long
@pytest.mark.parametrize("card", ["followers", "data-wall", "paper"])
def test_every_quantity_of_a_card_is_computed_again(tmp_path, monkeypatch, prior_fit, card):
    monkeypatch.setattr("meekcast.forecasts.forecast.infer", prior_fit())
    result = forecast(gather(card, "literature"), until=2031 if card == "followers" else None)
    check_same(written(result, tmp_path / "run"), result.predictions)


def test_a_run_of_a_card_with_tastes_stores_them_and_gives_all_quantities_back(
    tmp_path, monkeypatch, prior_fit, edited
):
    """Of each board and actor, in single precision, of which the forecast itself is made."""
    monkeypatch.setattr("meekcast.forecasts.forecast.infer", prior_fit())
    card = edited("models", "mmlu-pro-alone", tastes=True)
    result = forecast(gather(card))
    run = written(result, tmp_path / "run")
    check_same(run, result.predictions)
    with h5py.File(tmp_path / "run" / FORECAST) as file:
        stored = {name for name, values in file["predictions"].items() if values.ndim == 2}
        assert stored == {
            "frontier_departure",
            "lead_departure",
            "mmlu_pro_frontier_departure",
            "mmlu_pro_budget_departure",
            "mmlu_pro_gap_observed",
        }
        assert all(file["predictions"][name].dtype == np.float32 for name in stored)
    assert result.predictions["mmlu_pro_gap"].min() >= 0


def test_a_run_that_stores_a_quantity_is_read_as_it_is(leaderboard, leaderboard_run, tmp_path, resealed):
    """Earlier versions stored all quantities, computed by their own equations."""
    folder = shutil.copytree(leaderboard_run[0], tmp_path / "run")
    theirs = leaderboard.predictions["loss_gap"].to_numpy() + 1
    with h5py.File(folder / FORECAST, "a") as file:
        file["predictions"]["loss_gap"] = theirs
    np.testing.assert_array_equal(revouched(folder, resealed).draws.read("loss_gap"), theirs)


def test_what_this_version_computes_differently_is_refused(leaderboard_run, tmp_path, resealed):
    folder = shutil.copytree(leaderboard_run[0], tmp_path / "run")
    with h5py.File(folder / FORECAST, "a") as file:
        file["bands"]["loss_gap"][...] *= 1.001
    run = revouched(folder, resealed)
    with pytest.raises(InputError, match="computes loss_gap differently than version"):
        run.draws.read("loss_gap")
    assert np.isfinite(run.draws.read("lead")).all()


def test_a_card_without_a_text_stores_all(leaderboard, tmp_path):
    card = leaderboard.inputs.card.model_copy(update={"title": "Made in Python"})
    inputs = dataclasses.replace(leaderboard.inputs, card=card)
    result = dataclasses.replace(leaderboard, inputs=inputs)
    run = written(result, tmp_path / "run")
    assert run.manifest["inputs"]["card"]["text"] is None
    for name in ("loss_gap", "lag", "mmlu_pro_gap"):
        np.testing.assert_allclose(run.draws.read(name), leaderboard.predictions[name].to_numpy(), rtol=1e-6)
