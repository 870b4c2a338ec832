"""How far the paths of theory are wrong: an Ornstein-Uhlenbeck process (Kennedy & O'Hagan 2001)."""

from typing import NamedTuple

import numpy as np

from meekcast.equations.types import Values


def softplus(z: Values) -> Values:
    """Positive part with a rounded corner, ``ln(1 + exp z)``, without overflow.

    The frontier is the best of all models, so the lead that is realised is never negative
    while the lead of theory may be.

    Parameters
    ----------
    z : array_like
        Theoretical lead with its discrepancy, in ln FLOP.

    Returns
    -------
    array_like
        Realised lead, in ln FLOP, positive.

    Examples
    --------
    >>> round(softplus(0.0), 4)
    np.float64(0.6931)
    """
    return (z + np.abs(z)) / 2 + np.log1p(np.exp(-np.abs(z)))


def ou_decay(step: Values, time_scale: Values) -> Values:
    """Correlation of the process over a step, ``exp(-step / time_scale)``.

    Parameters
    ----------
    step : array_like
        Years.
    time_scale : array_like
        Years after which the correlation has fallen to 1/e.

    Returns
    -------
    array_like
        Between 0 and 1.

    Examples
    --------
    >>> round(ou_decay(1.0, 2.0), 4)
    np.float64(0.6065)
    """
    return np.exp(-step / time_scale)


def ou_innovation(step: Values, sd: Values, time_scale: Values) -> Values:
    """Standard deviation of what a step adds, ``sd sqrt(1 - exp(-2 step / time_scale))``.

    Parameters
    ----------
    step : array_like
        Years.
    sd : array_like
        Stationary standard deviation, in ln FLOP.
    time_scale : array_like
        Years after which the correlation has fallen to 1/e.

    Returns
    -------
    array_like
        ln FLOP.

    Examples
    --------
    >>> round(ou_innovation(1.0, 0.5, 2.0), 4)
    np.float64(0.3975)
    """
    return sd * np.sqrt(-np.expm1(-2 * step / time_scale))


def ou_scores(states: Values, before: Values, steps: Values, sd: Values, time_scale: Values) -> Values:
    """How far each state is from what the one before it lets expect, in standard deviations.

    Parameters
    ----------
    states : array_like
        Departures from theory, in ln FLOP.
    before : array_like
        Those at the date before; of no account where a step is so long that nothing is left of it.
    steps : array_like
        Years since the date before, from `ou_steps`.
    sd, time_scale : array_like
        Stationary standard deviation in ln FLOP, correlation time in years.

    Returns
    -------
    array_like
        Independent standard normal for a path of the process.

    Examples
    --------
    >>> round(ou_scores(0.3, 0.5, 1.0, 0.5, 2.0), 4)
    np.float64(-0.0082)
    """
    return (states - ou_decay(steps, time_scale) * before) / ou_innovation(steps, sd, time_scale)


def ou_log_density(scores: Values, steps: Values, sd: Values, time_scale: Values) -> Values:
    """Log density of the path of the process that has given scores. Vectors of NumPy or PyTensor only.

    Parameters
    ----------
    scores : array_like, shape (n,)
        From `ou_scores`.
    steps : array_like, shape (n,)
        Years since the date before, from `ou_steps`.
    sd, time_scale : scalar
        Stationary standard deviation in ln FLOP, correlation time in years.

    Returns
    -------
    scalar
        Of all states together.

    Examples
    --------
    >>> steps = ou_steps(np.array([0.0, 1.0]))
    >>> scores = ou_scores(np.array([0.5, 0.3]), np.array([0.0, 0.5]), steps, 0.5, 2.0)
    >>> round(ou_log_density(scores, steps, 0.5, 2.0), 4)
    np.float64(-0.7223)
    """
    added = ou_innovation(steps, sd, time_scale)
    return -0.5 * (scores**2).sum() - np.log(added).sum() - 0.5 * np.log(2 * np.pi) * steps.shape[0]


def ou_path(scores: Values, times: Values, steps: Values, sd: Values, time_scale: Values) -> Values:
    """Path of the process that has given scores, the inverse of `ou_scores`. Arrays of NumPy or PyTensor only.

    What each step added has decayed since: a running sum of what was added, all brought to the first date.

    Parameters
    ----------
    scores : array_like, shape (..., n)
        From `ou_scores`.
    times : array_like, shape (n,)
        Years since the first date, at most some hundred times the correlation time.
    steps : array_like, shape (n,)
        Years since the date before, from `ou_steps`.
    sd, time_scale : array_like, shape (..., 1) or scalar
        Stationary standard deviation in ln FLOP, correlation time in years.

    Returns
    -------
    array_like, shape (..., n)
        Departures from theory, in ln FLOP.

    Examples
    --------
    >>> times = np.array([0.0, 1.0])
    >>> ou_path(np.array([1.0, 0.0]), times, ou_steps(times), 0.5, 2.0).round(4).tolist()
    [0.5, 0.3033]
    """
    added = ou_innovation(steps, sd, time_scale) * scores
    return ou_decay(times, time_scale) * (added / ou_decay(times, time_scale)).cumsum(axis=-1)


class Filtered(NamedTuple):
    """What is known of a state of the process after an observation: normal; and how likely the observation was."""

    mean: Values
    variance: Values
    log_density: Values = 0.0


def ou_filtered(before: Filtered, away: Values, slope: Values, noise: Values, decay: Values, sd: Values) -> Filtered:
    """Carry a state of the process to a date and observe it there (a step of a Kalman filter).

    Parameters
    ----------
    before : Filtered
        What was known at the date before; of no account where nothing is left of it.
    away : array_like
        Observation minus what is expected at a state of zero.
    slope : array_like
        Change of the expectation by the state.
    noise : array_like
        Variance of the observation about its expectation.
    decay : array_like
        Correlation with the state before, from `ou_decay`.
    sd : array_like
        Stationary standard deviation of the state.

    Returns
    -------
    Filtered
        The state then, and the log density of the observation.

    Examples
    --------
    >>> found = ou_filtered(Filtered(0.0, 0.0), 2.0, 1.0, 1.0, 0.0, 1.0)
    >>> found.mean, found.variance
    (1.0, 0.5)
    """
    mean, variance = decay * before.mean, sd**2 + decay**2 * (before.variance - sd**2)
    total = slope**2 * variance + noise
    surprise, gain = away - slope * mean, slope * variance / total
    log_density = -0.5 * (surprise**2 / total + np.log(2 * np.pi * total))
    return Filtered(mean + gain * surprise, variance * (1 - gain * slope), log_density)


def ou_steps(times: np.ndarray) -> np.ndarray:
    """Years since the date before; the first step is so long that the process is stationary.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Dates in years, strictly increasing.

    Returns
    -------
    ndarray, shape (n,)
        Years.

    Examples
    --------
    >>> ou_steps(np.array([2024.0, 2024.5])).tolist()
    [1000000.0, 0.5]
    """
    return np.diff(times, prepend=times[:1] - 1e6)
