"""The DataTree of a forecast, with every group that ArviZ's functions look for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from meekcast.equations.types import Array
from meekcast.forecasts.checks import prior_draws, replicated
from meekcast.inference.densities import log_likelihood, log_prior

if TYPE_CHECKING:
    from meekcast.inputs import Inputs

SAMPLE = ("chain", "draw")


def arviz_tree(stored: xr.DataTree, predictions: xr.Dataset, inputs: Inputs, seed: int) -> xr.DataTree:
    """Add to the groups of a run those that follow from its inputs, under the names that ArviZ expects.

    Parameters
    ----------
    stored : xarray.DataTree
        As `meekcast.runs.netcdf.tree` has it.
    predictions : xarray.Dataset
        Every quantity, over ``sample`` and ``time``.
    inputs : Inputs
        What the forecast was made from.
    seed : int
        Of the forecast; what is drawn here has streams of its own.

    Returns
    -------
    xarray.DataTree
        See `meekcast.door.result.Forecast.tree`.
    """
    groups = {str(name): node.to_dataset() for name, node in stored.children.items()}
    posterior = groups["posterior"]
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    flat = {str(name): v.to_numpy().reshape(-1, *v.shape[2:]) for name, v in posterior.data_vars.items()}
    groups |= {"predictions": _by_chain(predictions, shape), "events": _by_chain(groups["events"], shape)}
    prior, _ = prior_draws(inputs, len(flat["alpha"]), seed)
    groups["prior"] = xr.Dataset(
        {name: xr.Variable(SAMPLE, prior[name].reshape(shape), posterior[name].attrs) for name in inputs.belief.names}
    )
    if inputs.belief.free:
        groups["log_prior"] = xr.Dataset(
            {
                " & ".join(block): xr.Variable(SAMPLE, density.reshape(shape))
                for block, density in log_prior(inputs.belief, flat).items()
            }
        )
    if inputs.data:
        groups |= _evidence(inputs, flat, shape, seed)
    gathered = xr.DataTree.from_dict({f"/{name}": dataset for name, dataset in _sorted_out(groups, inputs).items()})
    gathered.attrs = dict(stored.attrs)
    return gathered


def _sorted_out(groups: Mapping[str, xr.Dataset], inputs: Inputs) -> dict[str, xr.Dataset]:
    """Leave in the posterior what has a prior and a density: no departures, and nothing that is known exactly."""
    posterior = groups["posterior"]
    found = dict(groups)
    if "evidence_date" in posterior.dims:
        found["posterior"] = posterior.drop_dims("evidence_date")
        found["departures"] = posterior.drop_vars(list(inputs.belief.names))
    known = [name for name in inputs.belief.names if name not in inputs.belief.free]
    if known and inputs.belief.free:
        found["constant_data"] = found["posterior"][known].isel(chain=0, draw=0).drop_vars(SAMPLE, errors="ignore")
        found |= {name: found[name].drop_vars(known) for name in ("posterior", "prior")}
    return found


def _by_chain(dataset: xr.Dataset, shape: tuple[int, int]) -> xr.Dataset:
    """Draws by chain and draw, where they were on one axis."""

    def split(variable: xr.DataArray) -> xr.Variable:
        first = variable.transpose("sample", ...)
        values = first.to_numpy()
        return xr.Variable((*SAMPLE, *first.dims[1:]), values.reshape(*shape, *values.shape[1:]), variable.attrs)

    return xr.Dataset({name: split(v) for name, v in dataset.data_vars.items()}, dataset.coords, dataset.attrs)


def _evidence(inputs: Inputs, flat: Mapping[str, Array], shape: tuple[int, int], seed: int) -> dict[str, xr.Dataset]:
    """What was seen, how likely it was, and what would have been seen; one value a datum that counts."""
    about = {b.name: {"units": b.unit, "long_name": b.title} for b, _ in inputs.data}
    coords = {f"{b.name}_record": _labels(b.name, [o.label for o in rows]) for b, rows in inputs.data}

    def drawn(values: Mapping[str, Array]) -> xr.Dataset:
        variables = {
            name: xr.Variable((*SAMPLE, f"{name}_record"), each.reshape(*shape, each.shape[1]), about[name])
            for name, each in values.items()
        }
        return xr.Dataset(variables, coords)

    seen = {b.name: ([o.value for o in rows], about[b.name]) for b, rows in inputs.data}
    densities = log_likelihood(inputs, flat)
    replicates = replicated(inputs, flat, seed)
    found = {
        "observed_data": xr.Dataset({n: xr.Variable(f"{n}_record", *told) for n, told in seen.items()}, coords),
        "log_likelihood": _joint(drawn(densities)),
    }
    for kind in ("posterior", "prior"):
        of_kind = {check.benchmark.name: check.replicates for check in replicates if check.kind == kind}
        found[f"{kind}_predictive"] = drawn(of_kind)
    return found


def _labels(benchmark: str, models: list[str]) -> list[str]:
    """A label a datum, each different."""
    seen: dict[str, int] = {}
    labels = []
    for model in models:
        seen[model] = seen.get(model, 0) + 1
        labels.append(f"{benchmark}: {model}" + (f" ({seen[model]})" if seen[model] > 1 else ""))
    return labels


def _joint(densities: xr.Dataset) -> xr.Dataset:
    """One variable over the data of all benchmarks, which is what `arviz.loo` and `arviz.compare` take."""
    if len(densities) == 1:
        return densities.map(lambda density: density.drop_attrs())
    values = np.concatenate([v.to_numpy() for v in densities.data_vars.values()], axis=2)
    labels = np.concatenate([densities[f"{name}_record"].to_numpy() for name in densities.data_vars])
    return xr.Dataset({"records": xr.Variable((*SAMPLE, "record"), values)}, {"record": labels})
