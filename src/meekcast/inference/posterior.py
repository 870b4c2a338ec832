"""The posterior of a forecast's inputs: from the cache, by sampling, or exactly where nothing is observed."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from meekcast import cache, files
from meekcast.equations.types import Array
from meekcast.errors import OutputError
from meekcast.inference import diagnostics
from meekcast.inference.centring import departed, states_of
from meekcast.inference.diagnostics import ESS
from meekcast.inference.exact import MOST_KEPT, blocks, check_draws
from meekcast.inference.reweighting import Weighted, weighted
from meekcast.inference.sampler import Progress, Settings, sample
from meekcast.inference.tastes import drawn_tastes
from meekcast.model.realised import path_departures

if TYPE_CHECKING:
    from meekcast.inputs import Inputs


FEWEST = 2 * ESS[0]
"""Draws of a card's own posterior from which weighting them can leave enough."""

KEPT_STATISTICS = ("diverging", "energy", "n_steps", "step_size", "depth", "tree_depth")


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws of parameters and departures, and whether they can be believed.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups ``posterior`` and, where chains were run, ``sample_stats``; any ArviZ function takes it.
    diagnostics : Diagnostics
        The verdict.
    from_cache : bool
        Whether the draws were read from disk.
    """

    tree: xr.DataTree
    diagnostics: diagnostics.Diagnostics
    from_cache: bool = False

    @property
    def chains(self) -> int | None:
        """Number of chains, whose draws follow each other; None for exact draws."""
        return int(self.tree["posterior"].sizes["chain"]) if "sample_stats" in self.tree.children else None

    def draws(self) -> dict[str, Array]:
        """All variables with chains and draws flattened to one axis ``sample``, which comes first."""
        flat = {}
        for name, variable in self.tree["posterior"].to_dataset().data_vars.items():
            values = variable.to_numpy()
            chains, draws, *rest = values.shape
            flat[str(name)] = values.reshape(chains * draws, *rest)
        return flat


def infer(inputs: Inputs, settings: Settings, progress: Progress, fresh: bool = False) -> Posterior:
    """Obtain the posterior.

    Parameters
    ----------
    inputs : Inputs
        Card, belief and evidence.
    settings : Settings
        How to sample.
    progress : Progress
        Is told of each step.
    fresh : bool, default False
        Sample even if the cache has the posterior.

    Returns
    -------
    Posterior
        Point values where nothing is uncertain, exact draws from the prior where nothing is observed,
        else draws of a Markov chain.

    Raises
    ------
    InputError
        If more draws are wanted than the card can have.
    """
    check_draws(inputs, settings)
    if inputs.belief.is_point and inputs.card.discrepancy == "none":
        return _exact(inputs, 1, settings.seed, "point values")
    if not inputs.data:
        source = "the prior, conditioned by the evidence" if inputs.informing else "the prior"
        return _exact(
            inputs, min(settings.chains * settings.draws, MOST_KEPT), settings.seed, f"exact draws from {source}"
        )
    if inputs.own and not settings.exact and settings.chains * settings.draws >= FEWEST:
        return _changed(inputs, settings, progress, fresh)
    return _fitted(inputs, settings, progress, fresh)


def _fitted(inputs: Inputs, settings: Settings, progress: Progress, fresh: bool) -> Posterior:
    """Draws of Markov chains: kept ones, or new ones."""
    how = dataclasses.asdict(dataclasses.replace(settings, exact=False))
    key = cache.key({**inputs.hashes, "settings": how})
    stored = None if fresh else cache.read(key)
    if stored:
        return _loaded(stored)
    posterior = sampled(inputs, settings, progress)
    try:
        cache.keep(key, files.netcdf(posterior.tree))
    except OutputError as error:  # minutes of sampling are not lost for want of a cache
        progress.step(f"the posterior is not kept for next time: {error.message}")
    return posterior


def _changed(inputs: Inputs, settings: Settings, progress: Progress, fresh: bool) -> Posterior:
    """Weighted draws of the card's own priors, or a fit where these would not do.

    The draws that are weighted are always those, whatever else is in the cache, so that the same question has the
    same answer. Weighting takes less time than reading what was weighted, so it is not kept.
    """
    own = infer(inputs.unchanged, settings, progress, fresh)
    progress.step("weighing draws")
    found = weighted(inputs.unchanged, inputs, own.draws(), own.chains, settings.seed)
    if found and found.good:
        return _weighted(inputs, own, found)
    fitted = _fitted(inputs, settings, progress, fresh)
    if found is None:
        return fitted
    tried = dataclasses.replace(fitted.diagnostics, pareto_k=found.k, weights_ess=found.ess)
    return dataclasses.replace(fitted, diagnostics=tried)


def _weighted(inputs: Inputs, own: Posterior, found: Weighted) -> Posterior:
    """Draws in proportion to their weights; ``origin`` tells which one of the card's own each is."""
    tree = _tree(
        inputs,
        {name: values[None] for name, values in found.resampled().items()},
        xr.Dataset({"origin": (("chain", "draw"), found.origin[None])}),
    )
    return Posterior(tree, diagnostics.reweighted(own.diagnostics, found), own.from_cache)


def _exact(inputs: Inputs, n: int, seed: int, method: str) -> Posterior:
    """Draw independently from the belief."""
    draws = next(blocks(inputs, n, n, n, seed))
    tree = _tree(inputs, {name: value[None] for name, value in draws.items()}, None)
    return Posterior(tree, diagnostics.unsampled(method, n))


def sampled(inputs: Inputs, settings: Settings, progress: Progress) -> Posterior:
    """Run Markov chains on the card's graph and turn scores into values.

    Parameters
    ----------
    inputs, settings, progress
        As in `infer`; the cache is neither read nor written.

    Returns
    -------
    Posterior
        Draws under the inputs' own belief.
    """
    raw = sample(inputs, settings, progress)
    progress.step("judging the chains")
    verdict = diagnostics.judge(raw, settings.sampler)
    scores = {str(name): v.to_numpy() for name, v in raw["posterior"].to_dataset().data_vars.items()}
    chains, draws, k = scores["scores"].shape
    values = inputs.belief.values(scores["scores"].reshape(-1, k)[:, inputs.belief.places].T)
    for name in path_departures(inputs.card):
        values[name] = departed(inputs, name, scores[states_of(name)].reshape(chains * draws, -1), values)
    values |= drawn_tastes(inputs, values, settings.seed)
    shaped = {name: v.reshape(chains, draws, *v.shape[1:]) for name, v in values.items()}
    stats = raw["sample_stats"].to_dataset()
    tree = _tree(inputs, shaped, stats[[name for name in KEPT_STATISTICS if name in stats]])
    tree.attrs["diagnostics"] = json.dumps(verdict.as_dict())
    return Posterior(tree, verdict)


def _tree(inputs: Inputs, variables: Mapping[str, Array], stats: xr.Dataset | None) -> xr.DataTree:
    """Label the draws."""

    def labelled(name: str, values: Array) -> xr.Variable:
        if values.ndim == 2:
            known = inputs.card.parameter(name)
            return xr.Variable(("chain", "draw"), values, {"units": known.unit, "long_name": known.meaning})
        meaning = f"departure of the {name.removesuffix('_departure').replace('_', ' ')} from theory"
        return xr.Variable(("chain", "draw", "evidence_date"), values, {"units": "ln FLOP", "long_name": meaning})

    coords = {"chain": np.arange(next(iter(variables.values())).shape[0])}
    dates = {"evidence_date": inputs.evidence_times + inputs.start} if inputs.data else {}
    posterior = xr.Dataset({n: labelled(n, v) for n, v in variables.items()}, {**coords, **dates})
    groups = {"posterior": posterior}
    if stats is not None:
        places = {axis: np.arange(stats.sizes[axis]) for axis in ("chain", "draw")}
        groups["sample_stats"] = stats.drop_attrs().assign_coords(places)
    return xr.DataTree.from_dict({f"/{name}": dataset for name, dataset in groups.items()})


def _loaded(content: bytes) -> Posterior:
    """A posterior from the cache, which has held its bytes against their hash."""
    with xr.open_datatree(io.BytesIO(content), engine="h5netcdf") as stored:
        tree = stored.load()
    return Posterior(tree, diagnostics.Diagnostics.from_dict(json.loads(tree.attrs["diagnostics"])), from_cache=True)
