"""A set of priors as one multivariate normal distribution.

Every prior is normal on some scale (`meekcast.beliefs.prior`), so the joint belief about all parameters is
a mean and a covariance on those scales. A known value is a variance of zero; fixing a parameter is
conditioning; a new prior on a member of a joint prior moves the others along their regression on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from meekcast.beliefs.prior import Prior, Scale
from meekcast.equations.types import Array, Values
from meekcast.errors import InputError, nearest

FAMILY_OF = {"identity": "Normal", "log": "LogNormal", "logit": "LogitNormal"}
"""Family of priors that is normal on a scale."""


@dataclass(frozen=True, eq=False)
class Belief:
    """Joint prior of named parameters, normal on their scales.

    Parameters
    ----------
    names : tuple of str
        Parameters, sorted.
    scales : tuple of Scale
        Scale of each.
    mean : ndarray, shape (k,)
        Means on the scales.
    covariance : ndarray, shape (k, k)
        Covariance on the scales; zero rows are known values.

    Examples
    --------
    >>> from meekcast.beliefs.prior import parse
    >>> belief = Belief.independent({"g_hardware": parse("LogNormal(1.4, sd 0.1)"), "L0": parse(1.7)})
    >>> belief.free, belief.is_point
    (('g_hardware',), False)
    >>> round(belief.quantile("g_hardware", 0.5), 6)
    1.4
    >>> belief.draw(2, np.random.default_rng(1))["L0"].tolist()
    [1.7, 1.7]
    """

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    mean: Array
    covariance: Array

    @classmethod
    def independent(cls, priors: Mapping[str, Prior]) -> Belief:
        """Join priors that know nothing of each other."""
        names = tuple(sorted(priors))
        return cls(
            names,
            tuple(priors[n].scale for n in names),
            np.array([priors[n].mean for n in names], dtype=float),
            np.diag([priors[n].sd ** 2 for n in names]),
        )

    @property
    def sd(self) -> Array:
        """Standard deviation of each parameter on its scale."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def free(self) -> tuple[str, ...]:
        """Parameters that are not known exactly."""
        return tuple(name for name, sd in zip(self.names, self.sd, strict=True) if sd > 0)

    @property
    def places(self) -> list[int]:
        """Positions of the free parameters."""
        return [self.names.index(name) for name in self.free]

    @property
    def is_point(self) -> bool:
        """Whether every parameter is known exactly."""
        return not self.free

    def index(self, name: str) -> int:
        """Position of a parameter.

        Raises
        ------
        InputError
            If the belief has no such parameter.
        """
        if name not in self.names:
            raise InputError(f"this card has no parameter {name!r}", nearest(name, self.names))
        return self.names.index(name)

    def factor(self) -> Array:
        """Factor F of the covariance, ``F @ F.T``, with one column for each free parameter.

        Returns
        -------
        ndarray, shape (k, k_free)
            Rows of known parameters are zero.

        Raises
        ------
        InputError
            If the covariance of the free parameters is not positive definite.
        """
        rows = self.places
        sd = self.sd[rows]
        correlation = self.covariance[np.ix_(rows, rows)] / np.outer(sd, sd)
        factor = np.zeros((len(self.names), len(rows)))
        try:
            factor[rows] = sd[:, None] * np.linalg.cholesky(correlation)
        except np.linalg.LinAlgError:
            raise InputError(
                "the covariance of the priors is not positive definite "
                f"(smallest eigenvalue of the correlations {np.linalg.eigvalsh(correlation)[0]:.3g})",
                "Bring the stated correlations closer to zero, or check the covariance for a typing error.",
            ) from None
        return factor

    def to_values(self, u: Iterable[Values]) -> dict[str, Values]:
        """Map each parameter from its scale to its value.

        Parameters
        ----------
        u : iterable of array_like
            Positions on the scales, one for each name; NumPy or PyTensor.

        Returns
        -------
        dict of str to array_like
            Values by name.
        """
        triples = zip(self.names, self.scales, u, strict=True)
        return {name: scale.to_value(position) for name, scale, position in triples}

    def values(self, scores: Array) -> dict[str, Array]:
        """Turn standard normal scores of the free parameters into values of all parameters.

        Parameters
        ----------
        scores : ndarray, shape (k_free, n)
            Independent standard normal scores.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            Values by name.
        """
        return self.to_values(self.mean[:, None] + self.factor() @ scores)

    def draw(self, n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Draw from the belief.

        Parameters
        ----------
        n : int
            Number of draws.
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            Values of every parameter.
        """
        return self.values(rng.standard_normal((len(self.free), n)))

    def quantile(self, name: str, p: float) -> float:
        """Quantile of one parameter."""
        i = self.index(name)
        u = self.mean[i] + (self.sd[i] * NormalDist().inv_cdf(p) if self.sd[i] > 0 else 0.0)
        with np.errstate(over="ignore"):  # what no number holds is infinite
            return float(self.scales[i].to_value(u))

    def probability_outside(self, name: str, low: float, high: float) -> float:
        """Probability that a parameter lies outside its support."""
        i = self.index(name)
        prior = Prior("Normal", self.scales[i], float(self.mean[i]), float(self.sd[i]), name)
        return prior.probability_below(low) + 1 - prior.probability_below(high)

    def only(self, names: Iterable[str]) -> Belief:
        """Forget all other parameters (marginalise)."""
        keep = [self.index(name) for name in sorted(names)]
        return Belief(
            tuple(self.names[i] for i in keep),
            tuple(self.scales[i] for i in keep),
            self.mean[keep],
            self.covariance[np.ix_(keep, keep)],
        )

    def renamed(self, names: Mapping[str, str]) -> Belief:
        """Call parameters by other names."""
        called = [names.get(name, name) for name in self.names]
        order = np.argsort(called)
        return Belief(
            tuple(called[i] for i in order),
            tuple(self.scales[i] for i in order),
            self.mean[order],
            self.covariance[np.ix_(order, order)],
        )

    def joined(self, other: Belief) -> Belief:
        """Add the parameters of `other`, which replace those of the same name."""
        mine = self.only(set(self.names) - set(other.names))
        order = np.argsort(mine.names + other.names)
        scales = mine.scales + other.scales
        blocks = np.block(
            [
                [mine.covariance, np.zeros((len(mine.names), len(other.names)))],
                [np.zeros((len(other.names), len(mine.names))), other.covariance],
            ]
        )
        return Belief(
            tuple(sorted(mine.names + other.names)),
            tuple(scales[i] for i in order),
            np.concatenate([mine.mean, other.mean])[order],
            blocks[np.ix_(order, order)],
        )

    def correlated(self, correlations: Mapping[tuple[str, str], float]) -> Belief:
        """State correlations of pairs of parameters on their scales, all at once.

        Parameters
        ----------
        correlations : mapping of tuple of str to float
            Correlation of each pair.

        Returns
        -------
        Belief
            The changed belief.

        Raises
        ------
        InputError
            If the result is not positive definite.
        """
        covariance = self.covariance.copy()
        for (first, second), correlation in correlations.items():
            i, j = self.index(first), self.index(second)
            covariance[i, j] = covariance[j, i] = correlation * self.sd[i] * self.sd[j]
        changed = replace(self, covariance=covariance)
        changed.factor()
        return changed

    def with_marginal(self, name: str, prior: Prior) -> Belief:
        """Give one parameter a new prior and move the others along their regression on it.

        A point prior conditions the others on the value. What the others were given the
        parameter stays as it was; the parameter's own distribution is the new one.

        Parameters
        ----------
        name : str
            Parameter.
        prior : Prior
            Its new distribution.

        Returns
        -------
        Belief
            The changed belief.

        Raises
        ------
        InputError
            If the parameter is correlated with others and the new prior is normal on another
            scale than the old one.
        """
        i = self.index(name)
        tied = [j for j in range(len(self.names)) if j != i and self.covariance[i, j] != 0]
        scale = self.scales[i]
        if tied and prior.sd > 0 and prior.scale != scale:
            family = FAMILY_OF[scale.name]
            raise InputError(
                f"{name} is tied to {', '.join(self.names[j] for j in tied)} by a joint prior that is "
                f"{family} in {name}; {prior.text} is not",
                f"Write {family}(...) for it, or a value to condition the others on.",
            )
        if tied:  # a point may be stated on any scale
            mean = scale.from_value(prior.quantile(0.5)) if prior.sd == 0 else prior.mean
            return self._regressed(i, mean, prior.sd)
        return self.joined(Belief.independent({name: prior}))

    def measured(self, names: Sequence[str], scales: Sequence[Scale], mean: Array, covariance: Array) -> Belief:
        """Condition on a measurement with a normal error, exactly; correlated parameters move along.

        Parameters that are known exactly stay as they are.

        Parameters
        ----------
        names : sequence of str, length m
            What is measured together.
        scales : sequence of Scale
            Scale of each measured position.
        mean : ndarray, shape (m,)
            Measured positions on the scales.
        covariance : ndarray, shape (m, m)
            Covariance of their errors, positive definite.

        Returns
        -------
        Belief
            The posterior.

        Raises
        ------
        InputError
            If an uncertain parameter is normal on another scale than its measurement.

        Examples
        --------
        >>> from meekcast.beliefs.prior import parse
        >>> prior = parse("LogNormal(1.0, sd 0.3)")
        >>> belief = Belief.independent({"g": prior})
        >>> after = belief.measured(["g"], [prior.scale], np.array([0.1]), np.array([[0.3**2]]))
        >>> after.mean.round(6).tolist(), (after.sd**2).round(6).tolist()
        ([0.05], [0.045])
        """
        belief = self
        for name, scale in zip(names, scales, strict=True):
            belief = belief._restated(name, scale)
        at = [belief.index(name) for name in names]
        cross = belief.covariance[:, at]
        gain = np.linalg.solve(cross[at] + covariance, cross.T).T
        keep = np.eye(len(belief.names))
        keep[:, at] -= gain
        # Joseph's form: a sum of squares, so it stays positive definite however tight the measurement.
        after = keep @ belief.covariance @ keep.T + gain @ covariance @ gain.T
        return replace(belief, mean=belief.mean + gain @ (mean - belief.mean[at]), covariance=(after + after.T) / 2)

    def _restated(self, name: str, scale: Scale) -> Belief:
        """State a known value on another scale."""
        i = self.index(name)
        if self.scales[i] == scale:
            return self
        if self.sd[i] > 0:
            raise InputError(
                f"{name} is measured on the {scale.name} scale, its prior is normal on the {self.scales[i].name} scale",
                f"Write the prior of {name} as {FAMILY_OF[scale.name]}(...), or leave the evidence out.",
            )
        value = self.quantile(name, 0.5)
        scales, mean = list(self.scales), self.mean.copy()
        scales[i], mean[i] = scale, scale.from_value(value)
        return replace(self, scales=tuple(scales), mean=mean)

    def _regressed(self, i: int, mean: float, sd: float) -> Belief:
        """Replace mean and variance of coordinate i, keeping the others given it."""
        variance = self.covariance[i, i]
        slope = self.covariance[:, i] / variance
        covariance = self.covariance + np.outer(slope, slope) * (sd**2 - variance)
        if sd == 0:  # exactly, so that the coordinate counts as known
            covariance[i, :] = covariance[:, i] = 0.0
        return replace(self, mean=self.mean + slope * (mean - self.mean[i]), covariance=covariance)
