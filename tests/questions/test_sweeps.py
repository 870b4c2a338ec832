"""A grid of forecasts: what exists, what each says, what is refused, and the store."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import meekcast as mk
from meekcast.cards.parsing import validated
from meekcast.errors import InputError
from meekcast.forecasts.forecast import forecast
from meekcast.inference.sampler import Settings, Silent
from meekcast.inputs import gather
from meekcast.model.theory import required_parameters
from meekcast.whatif import world
from meekcast.whatif.sweeps import cells
from meekcast.whatif.sweeps.cells import Missing, plan, restricted
from meekcast.whatif.sweeps.file import SweepFile, read_sweep
from meekcast.whatif.sweeps.run import sweep
from meekcast.whatif.sweeps.summary import sweep_document

EXAMPLE = Path(__file__).parents[2] / "docs" / "sweep.toml"
SMALL = {"cards": ["paper", "capped-spending"], "priors": ["own", "literature"], "years": [5, 10], "draws": 250}


def stated(**changes):
    return validated(SweepFile, {"schema": 1, **SMALL, **changes}, "grid.toml")


@pytest.fixture(scope="module")
def small():
    return sweep(plan(stated(seeds=[0, 3])), Silent())


def test_each_forecast_is_the_one_that_the_command_makes(small):
    alone = forecast(gather("paper", "literature"), Settings(draws=250, seed=3))
    there = small.sel(card="paper", priors="literature", seed=3).squeeze()
    paths = alone.draws.read("loss_gap")[:, np.searchsorted(alone.draws.times, 10.0)]
    found = there["quantiles"].sel(quantity="loss_gap", date=10)
    assert found.to_numpy() == pytest.approx(np.quantile(paths, small["quantile"].to_numpy()), rel=1e-6)
    answer = alone.when("loss_gap < 0.1 nats/token", [5, 10])
    expected = [p.value for p in answer.probability_by.values()]
    assert there["probability"].sel(event="loss_gap < 0.1 nats/token").to_numpy().tolist() == expected
    assert there["status"].item() == alone.diagnostics.status


def test_dimensions_are_the_axes_and_what_is_asked(small):
    grid = {"card": 2, "priors": 2, "followers": 1, "without": 1, "seed": 2}
    assert dict(small["quantiles"].sizes) == grid | {"quantity": 3, "date": 2, "quantile": 5}
    assert dict(small["probability"].sizes) == grid | {"event": 4, "by": 2}
    assert small["units"].sel(quantity="lag").item() == "years"
    assert json.loads(small.attrs["grid"])["seeds"] == [0, 3]


def test_the_example_works_in_small(monkeypatch, prior_fit):
    """Both its cards, with and without a board, under both prior sets; the draws are the prior's."""
    monkeypatch.setattr(world, "infer", prior_fit())
    file = read_sweep(EXAMPLE)
    planned = plan(file)
    assert planned.fits == planned.places == 40
    few = file.model_copy(update={"without": file.without[:2], "seeds": [0], "draws": 50})
    found = sweep(plan(few), Silent())
    without = found["quantiles"].sel(without="gpqa", quantity="gpqa_gap")
    assert without.isnull().all()  # it is not on the card then
    assert found["quantiles"].sel(without="none", quantity="gpqa_gap").notnull().all()
    assert found["probability"].sel(event="lag_behind < 0.25 years for 6 months").notnull().all()
    assert found["probability"].sel(event="gpqa_gap < 5 points for 6 months", without="gpqa").isnull().all()
    assert set(found["status"].to_numpy().ravel()) == {"ok"}
    document = sweep_document(found)
    assert list(document["along"]) == ["card", "priors", "without"]
    assert all(0 <= p <= 1 for values in document["along"].values() for mean in values.values() for p in mean)


# Cells


def test_a_card_with_less_on_it_keeps_the_priors_and_the_evidence_of_the_rest():
    whole = gather("followers")
    less = restricted(whole, ["price_band", "pennies"], ["gpqa"])
    assert less.card.follower_names == ("price_band", "pennies")
    assert less.card.benchmark_names == tuple(name for name in whole.card.benchmark_names if name != "gpqa")
    assert set(less.stated.names) == required_parameters(less.card)
    for name in less.stated.names:
        assert less.stated.quantile(name, 0.9) == whole.stated.quantile(name, 0.9)
    assert all("gpqa" not in event.ask and "open_weights" not in event.ask for event in less.card.events)
    assert [table.name for table in less.tables] == [t.name for t in whole.tables if t.benchmark != "gpqa"]
    assert less.hashes["card"] != whole.hashes["card"]  # so that its posterior is another one
    assert restricted(whole) is whole


@pytest.mark.parametrize(
    ("card", "followers", "without", "why"),
    [
        ("paper", ["pennies"], [], "has no follower pennies"),
        ("followers", ["pennies"], [], "those of price_band, the first follower"),
        ("followers", [], ["mmlu_pro"], "has no board mmlu_pro"),
        ("mmlu-pro-alone", [], ["mmlu_pro"], "no board is left"),
    ],
)
def test_what_does_not_exist_says_why(card, followers, without, why):
    with pytest.raises(Missing, match=why):
        restricted(gather(card), followers, without)


def test_a_forecast_that_does_not_exist_is_empty_and_says_why():
    file = stated(cards=["paper", "data-wall"], followers=[[], ["budget"]], priors=["literature"])
    whole = sweep(plan(file), Silent())
    assert whole["status"].sel(card="paper").squeeze().to_numpy().tolist() == ["ok", "ok"]
    planned = plan(stated(cards=["paper", "home-computer"], followers=[["budget"]], priors=["literature"], years=[5]))
    assert planned.fits == 1
    found = sweep(planned, Silent())
    (status,) = found["status"].sel(card="home-computer").to_numpy().ravel()
    assert status.startswith("does not exist: card 'home-computer' has no follower budget")
    assert found["probability"].sel(card="home-computer").isnull().all()
    assert sweep_document(found)["rows"][1]["probability"] == [None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cards": ["papr"]}, "papr"),
        ({"cards": ["paper", "paper"]}, "cards: 'paper' is there twice"),
        ({"priors": ["widest"]}, "widest"),
        ({"followers": [["budgt"]]}, "followers: no card of the grid has 'budgt'"),
        ({"without": [["gpqa"]]}, "without: no card of the grid has 'gpqa'"),
        ({"years": [50]}, "years, card 'paper': the date 50"),
        ({"years": [10, 5]}, "years: they are not in increasing order"),
        ({"quantities": ["loss_gp"]}, "quantities: no card of the grid has 'loss_gp'"),
        ({"events": ["gpqa_gap < 5"]}, "events: "),
        ({"quantiles": [0.0]}, "quantiles"),
        ({"seeds": [-1]}, "seeds"),
        ({"cards": ["paper", "leaderboard"], "years": [5]}, "clocks differ"),
        ({"yeers": [5]}, "yeers"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sampled(changes, said):
    with pytest.raises(InputError) as raised:
        plan(stated(**changes))
    assert said in str(raised.value)


def test_a_grid_that_no_store_holds_is_refused(monkeypatch):
    monkeypatch.setattr(cells, "MOST", 183)
    plan(stated(priors=["own"]))
    with pytest.raises(InputError, match="asks for 184 numbers, 183 are what one store holds"):
        plan(stated())


# Store and command


def test_the_command_writes_the_same_bytes_by_one_process_or_two(run_cli, tmp_path, monkeypatch, small):
    grid = tmp_path / "grid.toml"
    grid.write_text("schema = 1\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in SMALL.items()))
    for number in ("1", "2"):
        monkeypatch.setenv("MEEKCAST_CORES", number)
        answer = run_cli("sweep", grid, "--seed", 0, "--seed", 3, "--out", tmp_path / f"{number}.nc", "--json")
        assert answer.code == 0, answer.err
        assert "8 of 8 done" in answer.err
    assert (tmp_path / "1.nc").read_bytes() == (tmp_path / "2.nc").read_bytes()
    assert json.loads(answer.out)["forecasts"] == 8
    with xr.open_dataset(tmp_path / "1.nc") as stored:
        xr.testing.assert_equal(stored.load(), small)
    shown = run_cli("sweep", grid, "--out", tmp_path / "1.nc").out
    assert "Sweep: 2 cards x 2 prior sets" in shown


def test_a_forecast_that_cannot_be_believed_is_told(run_cli, tmp_path, monkeypatch, small):
    failed = small.copy(deep=True)
    failed["status"].loc[{"card": "paper", "priors": "own", "seed": 3}] = "fail"
    monkeypatch.setattr("meekcast.whatif.sweeps.run.sweep", lambda planned, progress: failed)
    grid = tmp_path / "grid.toml"
    grid.write_text('schema = 1\ncards = ["paper"]\nyears = [5]\n')
    answer = run_cli("sweep", grid, "--out", tmp_path / "x.nc")
    assert answer.code == 3
    assert "diagnostics failed: paper, own, all, none" in answer.err


def test_an_axis_along_which_nothing_can_be_compared_is_left_out(small):
    apart = small.copy(deep=True)
    apart["probability"].loc[{"card": "paper"}] = np.nan
    assert list(sweep_document(apart)["along"]) == ["priors", "seed"]


def test_from_python_and_as_zarr(tmp_path, small):
    found = mk.sweep(SMALL, seeds=[0, 3], progress=False)
    xr.testing.assert_equal(found.dataset, small)
    with xr.open_zarr(found.save(tmp_path / "grid.zarr")) as stored:
        xr.testing.assert_equal(stored.load(), small)
    assert len(found.table) == small["probability"].size
    assert "Sweep of 8 forecasts" in repr(found)
    with pytest.raises(InputError, match=r"End it in .nc, or in .zarr"):
        found.save(tmp_path / "grid.csv")


def test_a_missing_file_is_refused(run_cli, tmp_path):
    answer = run_cli("sweep", tmp_path / "none.toml")
    assert answer.code == 2
    assert "meekcast sweep --example" in answer.err
    assert run_cli("sweep", "--example").out.strip() == EXAMPLE.read_text(encoding="utf-8").strip()
