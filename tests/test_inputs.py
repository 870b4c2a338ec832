"""Card, priors and evidence gathered: what does not fit together is refused before anything is computed."""

import datetime as dt
import math

import numpy as np
import pytest

from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.forecasts.forecast import forecast
from meekcast.inference.sampler import Settings
from meekcast.inputs import Override, gather
from meekcast.model import theory
from meekcast.observations import observations
from meekcast.vocabulary.parameters import GENERAL, LINK_ROLES, Parameter, find, plausible

NOISE = 'prior = "LogNormal(2.5, 90% 1.8..3.5)"\nunit = "points"'
CEILING = '"LogitNormal(92, 90% 87..97, within 80..100)"'
HARDWARE = 'prior = "LogNormal(1.40, 95% 1.25..1.57)"\nunit = "per year"'


def overrides(*texts):
    return [Override.read(text) for text in texts]


@pytest.mark.long
def test_every_card_gathers_under_every_prior_set_with_just_the_parameters_it_needs():
    for card in library.names("models"):
        for priors in library.names("priors"):
            inputs = gather(card, priors)
            assert set(inputs.belief.names) == theory.required_parameters(inputs.card)
            assert (inputs.card.name, inputs.priors.name) == (card, priors)
            assert inputs.sources().keys() >= set(inputs.belief.names)


def test_the_cards_own_prior_set_is_the_default():
    assert gather("paper").priors.name == "paper"
    assert gather("mmlu-pro-alone").priors.name == "literature"


REFUSED = [
    # kind, name, old text, new text, pieces
    ("priors", "literature", HARDWARE, 'prior = -1.4\nunit = "per year"',
     ["g_hardware", "median -1.4", "outside 0..inf", "LogNormal"]),
    ("priors", "literature", HARDWARE, 'prior = 0\nunit = "per year"', ["g_hardware", "median 0", "outside 0..inf"]),
    ("priors", "literature", HARDWARE, 'prior = "Normal(1.4, sd 0.5)"\nunit = "per year"',
     ["g_hardware", "median 1.4", "probability 0.0026", "outside 0..inf", "growth factor of FLOP per USD"]),
    ("priors", "literature", "prior = 0.05", "prior = 0.6", ["type_1", "median 0.6", "outside 0..0.5"]),
    ("priors", "literature", HARDWARE, HARDWARE.replace("per year", "percent"),
     ["g_hardware", "'percent'", "Allowed: 'per year'"]),
    ("priors", "literature", 'units = ["nats/token",', 'units = ["bits/token",',
     ["L0", "'bits/token'", "Allowed: 'nats/token'"]),
    ("priors", "literature", "[parameters.g_inference]", "[parameters.g_infrence]",
     ["'g_infrence'", "Did you mean 'g_inference'?"]),
    ("models", "mmlu-pro-alone", NOISE, NOISE.replace("points", "percent"),
     ["mmlu_pro_noise", "'percent'", "Allowed: 'points'"]),
    ("models", "mmlu-pro-alone", CEILING, '"LogitNormal(92, 90% 87..97, within 80..110)"',
     ["mmlu_pro_ceiling", "outside 10..100"]),
    ("models", "mmlu-pro-alone", CEILING, '"Normal(92, sd 5)"', ["mmlu_pro_ceiling", "outside 10..100"]),
    ("models", "mmlu-pro-alone", "floor = 10.0", "floor = 85.0", ["mmlu_pro_ceiling", "outside 85..100"]),
    ("models", "mmlu-pro-alone", "[parameters.frontier_sd]", "[parameters.frontier_ds]",
     ["'frontier_ds'", "Did you mean 'frontier_sd'?"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "old", "new", "pieces"), REFUSED)
def test_priors_that_do_not_fit_name_the_file_the_parameter_and_what_is_allowed(edited, kind, name, old, new, pieces):
    file = edited(kind, name, (old, new))
    with pytest.raises(InputError) as error:
        gather(file) if kind == "models" else gather("mmlu-pro-alone", file)
    assert file in error.value.message
    assert error.value.remedy
    for piece in pieces:
        assert piece in str(error.value)


def test_a_missing_prior_is_named(edited):
    text = (library.shelf("priors") / "literature.toml").read_text()
    block = next(b for b in text.split("\n\n") if b.startswith("[parameters.g_price]"))
    lacking = edited("priors", "literature", (block, ""))
    with pytest.raises(
        InputError, match="card 'mmlu-pro-alone' needs a prior for g_price; prior set 'literature'"
    ) as error:
        gather("mmlu-pro-alone", lacking)
    for way in ("[parameters.g_price]", "`extends`", "--prior g_price=PRIOR"):
        assert way in error.value.remedy
    mended = gather("mmlu-pro-alone", lacking, overrides("g_price=LogNormal(2.3, sd 0.5)"))
    assert mended.belief.quantile("g_price", 0.5) == pytest.approx(2.3)
    assert gather("paper", lacking).card.name == "paper"  # which does not need it


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("alpha", "cannot read 'alpha'", "NAME=VALUE"),
        ("alpha=", "alpha: cannot read the prior ''", "Write for example"),
        ("alpha=x", "alpha: cannot read the prior 'x'", "Write for example"),
        ("alpha=0.1=0.2", "alpha: cannot read the prior '0.1=0.2'", "Write for example"),
        ("g_investment=LogNormal(2.4, 90% 2.9..2.0)", "g_investment: in the prior", "LOW < median < HIGH"),
        ("g_investment=LogNormal(2.4, 90% 2.0-2.9)", "'90% 2.0-2.9'", "Write for example"),
        ("g_hardware=1e400", "g_hardware: '1e400'", "Write for example"),
        ("alfa=0.155", "card 'mmlu-pro-alone' has no parameter 'alfa'", "Did you mean 'alpha'?"),
        ("g_inference=2", "card 'mmlu-pro-alone' has no parameter 'g_inference'", "Allowed:"),
        ("alpha=-1", "--set or --prior: the prior of alpha (median -1)", "exponent of the scaling law"),
        ("alpha=Normal(0.15, sd 0.1)", "--set or --prior: the prior of alpha", "LogNormal"),
        ("alpha=LogNormal(0.15, sd 0.1)", "alpha is tied to A, L0", "Write Normal(...)"),
        ("g_hardware=-1.4", "g_hardware = -1.4: -1.4 lies outside 0..inf", "Move it inside"),
        ("mmlu_pro_ceiling=120", "the prior of mmlu_pro_ceiling (median 120)", "best possible score"),
    ],
)
def test_an_override_that_does_not_fit_is_refused(text, message, remedy):
    with pytest.raises(InputError) as error:
        gather("mmlu-pro-alone", overrides=overrides(text))
    assert message in error.value.message
    assert remedy in error.value.remedy


def test_an_override_is_read_with_spaces_around_its_name():
    assert Override.read(" g_investment =  LogNormal(2.4, sd 0.1) ") == Override(
        "g_investment", "LogNormal(2.4, sd 0.1)"
    )


def test_an_override_replaces_the_prior_and_is_its_own_source():
    inputs = gather("mmlu-pro-alone", overrides=overrides("g_algorithms=LogNormal(4, sd 0.1)"))
    assert inputs.belief.quantile("g_algorithms", 0.5) == pytest.approx(4)
    assert inputs.sources()["g_algorithms"] == "stated by the user: LogNormal(4, sd 0.1)"
    assert "Hobbhahn" in inputs.sources()["g_hardware"]


def test_fixing_a_member_of_a_joint_prior_conditions_the_others():
    plain, fixed = gather("mmlu-pro-alone"), gather("mmlu-pro-alone", overrides=overrides("alpha=0.155"))
    assert "alpha" not in fixed.belief.free
    slope = plain.belief.covariance[plain.belief.index("A"), plain.belief.index("alpha")]
    slope = slope / plain.belief.sd[plain.belief.index("alpha")] ** 2
    expected = plain.belief.mean[plain.belief.index("A")] + slope * (0.155 - plain.belief.quantile("alpha", 0.5))
    assert math.log(fixed.belief.quantile("A", 0.5)) == pytest.approx(expected)
    assert fixed.belief.sd[fixed.belief.index("A")] < 0.1 * plain.belief.sd[plain.belief.index("A")]


def test_a_prior_set_replaces_a_cards_prior_of_the_same_name(edited):
    block = '[parameters.R]\nprior = 7.0\nunit = "ratio"\nsource = "me"\n\n[[correlations]]'
    inputs = gather("mmlu-pro-alone", edited("priors", "literature", ("[[correlations]]", block)))
    assert inputs.belief.quantile("R", 0.5) == 7.0
    assert inputs.sources()["R"] == "me"


# Evidence


def test_evidence_can_be_replaced_by_a_table_of_the_same_benchmark():
    assert [t.name for t in gather("mmlu-pro-alone").tables] == ["mmlu-pro"]
    assert [t.name for t in gather("mmlu-pro-alone", evidence=["mmlu-pro-summary"]).tables] == ["mmlu-pro-summary"]


@pytest.mark.parametrize("card", ["mmlu-pro-alone", "paper"])
def test_evidence_of_another_benchmark_is_refused(edited, card):
    file = edited("evidence", "mmlu-pro", ('benchmark = "mmlu_pro"', 'benchmark = "gpqa"'))
    with pytest.raises(InputError, match=f"is about 'gpqa', which card '{card}' does not read") as error:
        gather(card, evidence=[file])
    assert file in error.value.message
    assert "Allowed: " in error.value.remedy


def test_a_card_whose_own_evidence_is_of_another_benchmark_is_refused(edited):
    table = edited("evidence", "mmlu-pro", ('benchmark = "mmlu_pro"', 'benchmark = "gpqa"'))
    card = edited("models", "mmlu-pro-alone", ('evidence = "mmlu-pro"', f'evidence = "{table}"'))
    with pytest.raises(InputError, match="reads 'mmlu_pro' from evidence") as error:
        gather(card)
    assert table in error.value.message
    assert "'gpqa'" in error.value.message


def test_a_since_that_leaves_nothing_is_refused(edited):
    card = edited("models", "mmlu-pro-alone", ("since = 2023-11-01", "since = 2033-11-01"))
    with pytest.raises(InputError, match="evidence 'mmlu-pro' has no row since 2033-11-01") as error:
        gather(card)
    assert "earlier `since`" in error.value.remedy


@pytest.mark.parametrize("evidence", ["nowhere", "nowhere.toml"])
def test_evidence_that_is_not_there_is_refused(evidence):
    with pytest.raises(InputError, match="nowhere") as error:
        gather("mmlu-pro-alone", evidence=[evidence])
    assert "mmlu-pro" in error.value.remedy


def test_an_empty_evidence_file_is_refused(tmp_path):
    file = tmp_path / "empty.toml"
    file.touch()
    with pytest.raises(InputError, match="is empty") as error:
        gather("mmlu-pro-alone", evidence=[str(file)])
    assert str(file) in error.value.message
    assert error.value.remedy


def test_rows_may_come_in_any_order(edited):
    text = (library.shelf("evidence") / "mmlu-pro.toml").read_text()
    rows = text.split("records = [\n")[1].removesuffix("]\n")
    shuffled = "".join(np.random.default_rng(0).permutation(rows.splitlines(keepends=True)))
    assert shuffled != rows
    inputs = gather("mmlu-pro-alone", evidence=[edited("evidence", "mmlu-pro", (rows, shuffled))])
    assert inputs.data == gather("mmlu-pro-alone").data
    np.testing.assert_array_equal(inputs.evidence_times, gather("mmlu-pro-alone").evidence_times)


def test_dates_of_evidence_are_the_middles_of_all_months_from_the_first_to_the_last():
    inputs = gather("mmlu-pro-alone")
    assert inputs.start == pytest.approx(2023 + 334 / 365)
    months = [(2023, 11), (2023, 12), *((2024, m) for m in range(1, 13)), *((2025, m) for m in (1, 2, 3, 4))]
    expected = np.array([year + (month - 0.5) / 12 for year, month in months]) - inputs.start
    np.testing.assert_allclose(inputs.evidence_times, expected, atol=1e-12)


def test_each_observation_finds_its_month():
    inputs = gather("leaderboard")
    for _, rows in inputs.data:
        months = inputs.evidence_times[inputs.month_of(rows)] + inputs.start
        assert np.all(abs(months - [row.year for row in rows]) < 16.5 / 365)


def test_only_evidence_of_the_time_counts_as_of_a_date():
    inputs = gather("leaderboard")
    then = inputs.at(dt.date(2024, 6, 30))
    np.testing.assert_array_equal(then.evidence_times, inputs.evidence_times)  # the graph stays the same
    assert then.sizes == inputs.sizes
    for (benchmark, rows), (_, later), table in zip(then.data, inputs.data, then.known_tables, strict=True):
        assert max((o.year for o in rows), default=0) <= 2024 + 181 / 366
        assert len(rows) < len(later)
        assert rows == observations(table, ["price_band"], benchmark.since)
        assert all(row.known <= dt.date(2024, 6, 30) for row in table.records)
    with pytest.raises(
        InputError, match="has no gap yet on 2023-03-20: no records of both the frontier and price_band"
    ):
        _ = gather("unbounded-measure").at(dt.date(2023, 3, 20)).known_tables


@pytest.mark.parametrize(
    ("changed", "arguments"),
    [
        ("card", {"card": "models"}),
        ("priors", {"priors": "wide"}),
        ("overrides", {"overrides": overrides("g_price=2")}),
        ("evidence", {"evidence": ["mmlu-pro-small"]}),
    ],
)
def test_each_hash_is_of_its_own_ingredient(edited, changed, arguments):
    before = gather("mmlu-pro-alone").hashes
    card = (
        edited("models", "mmlu-pro-alone", ("horizon = 2040", "horizon = 2041"))
        if "card" in arguments
        else "mmlu-pro-alone"
    )
    after = gather(**{**arguments, "card": card}).hashes
    others = {"own_priors"} if changed in {"priors", "overrides"} else set()  # whose draws may be weighted
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == {changed} | others
    assert gather("mmlu-pro-alone").hashes == before


# Other ways to read the evidence


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('rule = "quarters"', "quarters"),
        ("prices_within = -1", "prices_within"),
    ],
)
def test_a_way_of_reading_that_is_wrong_is_refused(edited, line, message):
    card = edited("models", "unbounded-measure", ('evidence = "eci"', f'evidence = "eci"\n{line}'))
    with pytest.raises(InputError) as error:
        gather(card)
    assert message in str(error.value)


def test_a_way_of_reading_without_evidence_is_refused(edited):
    card = edited(
        "models", "unbounded-measure", ('evidence = "eci"\n', ""), ("since = 2023-07-01", "prices_within = 9")
    )
    with pytest.raises(InputError, match="say how evidence is read, and there is none"):
        gather(card)


# The registry


@pytest.mark.parametrize(
    ("name", "nearest"), [("alfa", "alpha"), ("mmlu_pro_ceilng", "mmlu_pro_ceiling"), ("g_hardwear", "g_hardware")]
)
def test_unknown_parameters_are_refused_with_the_nearest_name(name, nearest):
    with pytest.raises(InputError, match=f"unknown parameter '{name}'") as error:
        find(name, ("mmlu_pro",))
    assert f"Did you mean '{nearest}'?" in error.value.remedy


def test_the_roles_of_a_benchmark_belong_to_cards_that_read_it():
    assert find("mmlu_pro_noise", ("mmlu_pro",)).low == 0
    with pytest.raises(InputError, match="unknown parameter 'mmlu_pro_noise'"):
        find("mmlu_pro_noise")


# Dates


def test_evidence_from_the_future_is_refused(edited):
    early = dt.date(2025, 4, 28)
    with pytest.raises(InputError, match="'mmlu-pro' is dated 2025-04-30, after today, 2025-04-28"):
        gather("mmlu-pro-alone", today=early)
    assert gather("mmlu-pro-alone", today=early + dt.timedelta(days=1)).tables  # it is the 30th somewhere
    with pytest.raises(InputError, match="'training-costs' is dated"):
        gather("paper", "literature", evidence=["training-costs"], today=dt.date(2020, 1, 1))
    planned = edited("evidence", "mmlu-pro", ("as_of = 2025-04-30", "as_of = 2135-04-30"))
    with pytest.raises(InputError, match="is dated 2135-04-30, after today"):
        gather("mmlu-pro-alone", evidence=[planned])


def test_a_card_that_starts_after_all_its_evidence_is_refused(edited):
    late = edited("models", "mmlu-pro-alone", ("start = 2023-12-01", "start = 2026-12-01"))
    with pytest.raises(InputError, match="start = 2026-12-01 is after all its evidence, which ends on 2025-04-01"):
        gather(late)


def test_what_a_shipped_table_is_known_until_is_not_before_its_newest_row():
    for name in library.names("evidence"):
        table = library.load_evidence(name)
        assert table.complete_until >= table.last_date


# Values that mean nothing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("g_investment=1e300", "the prior of g_investment reaches 1e+300; plausible are 0.01..1000"),
        ("mmlu_pro_noise=1e-300", "the prior of mmlu_pro_noise reaches 1e-300; plausible are 0.001..1e+06"),
        ("C0=LogNormal(5e24, sd 60)", "the prior of C0 reaches 6.8"),
        ("alpha=Point(50)", "the prior of alpha reaches 50; plausible are 0.0001..10"),
    ],
)
def test_a_value_beyond_all_meaning_is_refused(text, message):
    with pytest.raises(InputError) as error:
        gather("mmlu-pro-alone", overrides=overrides(text))
    assert message in error.value.message
    assert error.value.message.startswith("--set or --prior")
    assert "slip" in error.value.remedy


@pytest.mark.long
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("card", ["paper", "paper-inference", "capped-spending", "new-paradigm", "data-wall"])
def test_forecasts_are_quiet_and_never_missing_at_the_limits_of_meaning(card):
    """No warning of NumPy's leaks, and no quantity is NaN, over the longest horizon that can be asked."""
    settings = Settings(chains=1, draws=20)
    base = gather(card)
    for name in base.belief.names:
        known = find(name, base.card.benchmark_names)
        for value in plausible(known):
            if not known.low < value < known.high:
                continue
            try:
                inputs = gather(card, "wide", [Override(name, repr(value))])
            except InputError:  # tied to others by a joint prior, which it would move out of bounds
                continue
            found = forecast(inputs, settings, until=200)
            for quantity, values in found.predictions.data_vars.items():
                assert not values.isnull().any(), (name, value, quantity)


def test_every_unit_has_limits_of_meaning():
    for known in (*GENERAL.values(), *(Parameter(f"x_{role}", *rest) for role, rest in LINK_ROLES.items())):
        low, high = plausible(known)
        assert math.isfinite(low), known
        assert math.isfinite(high), known
