"""A sampled posterior against an importance sampler that knows nothing of ours: the model's description in NumPy."""

import datetime as dt

import numpy as np
import pytest

import meekcast as mk

CARD = """
schema = 1
name = "small"
title = "Cheap models on an exam"
story = "Both actors move along the paper's paths and show in the scores of an exam."
wrong_if = "New records fall outside the band."
clock = "calendar"
start = 2024-01-01
horizon = 2030
priors = "{folder}/beliefs.toml"
discrepancy = "none"

[[followers]]
name = "budget"
growth = "price_band"

[[benchmarks]]
name = "exam"
title = "An exam"
evidence = "{folder}/exam.toml"
link = "sigmoid"
floor = 25.0
rationale = "Four options a question"

[[events]]
name = "the gap stays below 5 points"
ask = "exam_gap < 5 points"
"""
PRIORS = {
    "alpha": ("Normal(0.155, sd 0.02)", "per ln FLOP"),
    "C0": ("LogNormal(5e24, sd 1.0)", "FLOP"),
    "R": ("LogNormal(20, sd 0.8)", "ratio"),
    "g_price": ("LogNormal(2.3, sd 0.5)", "per year"),
    "exam_ceiling": ("LogitNormal(95, sd 0.7, within 80..100)", "points"),
    "exam_difficulty": ("Normal(60, sd 2)", "ln FLOP"),
    "exam_discrimination": ("LogNormal(0.8, sd 0.5)", "logit per ln FLOP"),
    "exam_noise": ("LogNormal(2.5, sd 0.3)", "points"),
}
FRONTIER = [(1, 52.0, 0.0), (7, 63.0, 0.8), (14, 74.0, 0.0), (19, 79.0, 0.0)]
BUDGET = [(3, 33.0, 0.0), (10, 49.0, 0.0), (16, 61.0, 1.2)]
"""Month since the end of 2023, score, published standard error."""


def files(folder):
    """The card and its evidence."""
    rows = []
    for actor, records in (("frontier", FRONTIER), ("budget", BUDGET)):
        for month, score, se in records:
            date = dt.date(2024 + (month - 1) // 12, (month - 1) % 12 + 1, 1)
            known = f", score_se = {se}" if se else ""
            price = 30 if actor == "frontier" else 0.5
            rows.append(
                f'{{ actor = "{actor}", date = {date}, model = "{actor} {month}", score = {score}, price = {price}{known} }}'
            )
    head = {
        "name": "exam", "title": "An exam", "benchmark": "exam", "kind": "records", "unit": "points",
        "rule": "budget: output price under 1 USD per million tokens", "date_precision": "month", "source": "Made up",
        "licence": "Facts",
    }  # fmt: skip
    table = "schema = 1\n" + "".join(f'{key} = "{value}"\n' for key, value in head.items())
    (folder / "exam.toml").write_text(table + "records = [\n" + ",\n".join(rows) + "\n]\n")
    stated = "".join(
        f'\n[parameters.{name}]\nprior = "{prior}"\nunit = "{unit}"\nsource = "Ours"\n'
        for name, (prior, unit) in PRIORS.items()
    )
    beliefs = 'schema = 1\nname = "beliefs"\ntitle = "Beliefs"\ndescription = "Eight unknowns"\nextends = "paper"\n'
    (folder / "beliefs.toml").write_text(beliefs + stated)
    (folder / "small.toml").write_text(CARD.format(folder=folder))
    return folder / "small.toml"


def values_of(scores):
    """Parameters from independent standard normal scores, shape (8, n): the priors, written out."""
    z = dict(zip(PRIORS, scores, strict=True))
    within = np.log(15 / 5) + 0.7 * z["exam_ceiling"]  # logit of the place of 95 between 80 and 100
    return {
        "alpha": 0.155 + 0.02 * z["alpha"],
        "C0": 5e24 * np.exp(z["C0"]),
        "R": 20 * np.exp(0.8 * z["R"]),
        "g_price": 2.3 * np.exp(0.5 * z["g_price"]),
        "exam_ceiling": 80 + 20 / (1 + np.exp(-within)),
        "exam_difficulty": 60 + 2 * z["exam_difficulty"],
        "exam_discrimination": 0.8 * np.exp(0.5 * z["exam_discrimination"]),
        "exam_noise": 2.5 * np.exp(0.3 * z["exam_noise"]),
    }


def log_likelihood(p):
    """Scores are normal around the link of compute, which grows at constant rates; a month is seen at its middle."""
    paper = {"hardware": 1.4, "algorithms": 2.8, "investment": 5 / 1.4}
    total = np.zeros(len(p["alpha"]))
    for records, factor, level in (
        (FRONTIER, np.full_like(total, paper["investment"]), p["C0"] * p["R"]),
        (BUDGET, p["g_price"], p["C0"]),
    ):
        for month, score, se in records:
            years = (month - 0.5) / 12
            x = np.log(level) + years * np.log(paper["hardware"] * paper["algorithms"] * factor)
            logit = p["exam_discrimination"] / p["alpha"] * (1 - np.exp(-p["alpha"] * (x - p["exam_difficulty"])))
            expected = 25 + (p["exam_ceiling"] - 25) / (1 + np.exp(-logit))
            variance = p["exam_noise"] ** 2 + se**2
            total += -0.5 * ((score - expected) ** 2 / variance + np.log(variance))
    return total


def weighed(scores, log_proposal):
    """Weights of draws, adding up to 1."""
    with np.errstate(over="ignore"):
        logs = log_likelihood(values_of(scores)) - 0.5 * (scores**2).sum(axis=0) - log_proposal
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def importance_sample(rng, freedom=6):
    """Draws from a wide t around what draws from the prior say of the posterior, and their weights."""
    scores = rng.standard_normal((len(PRIORS), 500_000))
    weights = weighed(scores, -0.5 * (scores**2).sum(axis=0))
    factor = np.linalg.cholesky(1.2 * np.cov(scores, aweights=weights))
    away = rng.standard_normal((len(PRIORS), 400_000)) / np.sqrt(rng.chisquare(freedom, 400_000) / freedom)
    log_proposal = -0.5 * (freedom + len(PRIORS)) * np.log1p((away**2).sum(axis=0) / freedom)
    scores = (scores @ weights)[:, None] + factor @ away
    return values_of(scores), weighed(scores, log_proposal)


@pytest.mark.slow
def test_a_posterior_is_that_of_an_importance_sampler(tmp_path):
    sampled = mk.forecast(str(files(tmp_path)), draws=2000, seed=3, today="2026-11-30").tree["posterior"]
    drawn, weights = importance_sample(np.random.default_rng(7))
    effective = 1 / (weights**2).sum()
    assert effective > 10_000
    scatter = np.hypot(effective**-0.5, 1500**-0.5)  # the chains are worth so many independent draws at least
    for name, values in drawn.items():
        scale = np.asarray if PRIORS[name][0].startswith("Normal") else np.log
        x, theirs = scale(values), scale(sampled[name].to_numpy().ravel())
        centre = weights @ x
        spread = np.sqrt(weights @ (x - centre) ** 2)
        assert abs(theirs.mean() - centre) < 4 * spread * scatter, name
        assert theirs.std() == pytest.approx(spread, rel=4 * scatter), name
        order = np.argsort(x)
        for p in (0.05, 0.5, 0.95):
            quantile = x[order][np.searchsorted(np.cumsum(weights[order]), p)]
            assert np.mean(theirs < quantile) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p)) * scatter), name
