"""What a card, a prior set and an evidence table may say: every mistake names file, key, value and a remedy."""

import datetime as dt
import math
from typing import get_args

import numpy as np
import pytest

from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.model import components, theory
from meekcast.vocabulary import components as registry
from meekcast.vocabulary.parameters import find

LOAD = {"models": library.load_card, "priors": library.load_priors, "evidence": library.load_evidence}
CARDS, SETS, TABLES = (library.names(kind) for kind in ("models", "priors", "evidence"))

GPT4 = 'model = "GPT-4 Turbo", score = 69'
FOLLOWER = '[[followers]]\nname = "budget"'
FIRST_EVENT = 'ask = "mmlu_pro_gap < 5 points"'
LAST_ROW = "[5.354732e-3, 1.149822e-3, 4.536853e-2]"
HARDWARE = '"LogNormal(1.40, 95% 1.25..1.57)"'
CORRELATED = 'between = ["g_hardware", "g_investment"]'

REFUSED = [
    # kind, name, old text, new text, pieces of the message
    # misspelt keys: the nearest match is named, inside tables too
    ("models", "mmlu-pro-alone", "clock =", "clok =",
     ["unknown key 'clok'", "Did you mean 'clock'?", "clock: Field required"]),
    ("models", "mmlu-pro-alone", "floor =", "flor =", ["'benchmarks.0.flor'", "Did you mean 'floor'?"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, FIRST_EVENT.replace("ask", "asks"),
     ["'events.0.asks'", "Did you mean 'ask'?"]),
    ("models", "mmlu-pro-alone", "[parameters.mmlu_pro_noise]\nprior", "[parameters.mmlu_pro_noise]\npior",
     ["'parameters.mmlu_pro_noise.pior'", "Did you mean 'prior'?"]),
    ("priors", "literature", "pivot_compute =", "pivot =", ["'joint.0.widening.pivot'", "Allowed: pivot_compute"]),
    ("priors", "literature", "between =", "betwen =", ["'correlations.0.betwen'", "Did you mean 'between'?"]),
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("score", "scoer"), ["'records.4.scoer'", "Did you mean 'score'?"]),
    # words of a closed list
    ("models", "mmlu-pro-alone", 'link = "sigmoid"', 'link = "sigmod"', ["benchmarks.0.link", "'sigmod'", "'sigmoid'"]),
    ("models", "mmlu-pro-alone", 'growth = "price_band"', 'growth = "price"',
     ["followers.0.growth", "'price'", "'price_band'"]),
    ("models", "mmlu-pro-alone", 'discrepancy = "ou"', 'discrepancy = "OU"', ["discrepancy", "'OU'", "'none', 'ou' or 'boards'"]),
    ("models", "mmlu-pro-alone", 'clock = "calendar"', 'clock = "date"', ["clock", "'date'", "'elapsed' or 'calendar'"]),
    ("models", "mmlu-pro-alone", "schema = 1", "schema = 2", ["schema", "got 2", "should be 1"]),
    ("evidence", "mmlu-pro", 'actor = "frontier"', 'actor = "State of the art"',
     ["records.0.actor", "'State of the art'", "should match pattern"]),
    ("evidence", "mmlu-pro", 'unit = "points"', 'unit = "percent"', ["unit", "'percent'", "'points'"]),
    # followers
    ("models", "mmlu-pro-alone", f'{FOLLOWER}\ngrowth = "price_band"', 'budget = "price_band"',
     ["budget became a list of followers", 'write [[followers]] with name = "budget" and growth = "price_band"']),
    ("models", "mmlu-pro-alone", f'{FOLLOWER}\ngrowth = "price_band"', "", ["followers", "required"]),
    ("models", "mmlu-pro-alone", f'{FOLLOWER}\ngrowth = "price_band"', "followers = []", ["followers", "at least 1"]),
    ("models", "mmlu-pro-alone", FOLLOWER, f'{FOLLOWER}\ngrowth = "training"\n{FOLLOWER}',
     ["two things have the name 'budget'"]),
    ("models", "mmlu-pro-alone", FOLLOWER, '[[followers]]\nname = "mmlu_pro"', ["two things have the name 'mmlu_pro'"]),
    ("models", "mmlu-pro-alone", FOLLOWER, '[[followers]]\nname = "frontier"', ["two things have the name 'frontier'"]),
    ("models", "mmlu-pro-alone", FOLLOWER, '[[followers]]\nname = "My laptop"', ["followers.0.name", "'My laptop'"]),
    ("models", "mmlu-pro-alone", FOLLOWER, f'{FOLLOWER}\nrule = "prise <= 1"',
     ["followers.0.rule", "'prise'", "Did you mean 'price'?"]),
    ("models", "mmlu-pro-alone", FOLLOWER, f'{FOLLOWER}\nentry = "cut"',
     ["followers.0.entry", "'cut'", "'price', 'first_price' or 'release'"]),
    ("models", "mmlu-pro-alone", FOLLOWER, f'{FOLLOWER}\nrules = "open_weights"',
     ["'followers.0.rules'", "Did you mean 'rule'?"]),
    ("models", "mmlu-pro-alone", "floor = 10.0", 'followers = ["budgt"]\nfloor = 10.0',
     ["benchmark 'mmlu_pro'", "no follower 'budgt'", "Did you mean 'budget'?"]),
    ("models", "mmlu-pro-alone", "floor = 10.0", "followers = []\nfloor = 10.0", ["benchmarks.0.followers", "at least 1"]),
    ("models", "mmlu-pro-alone", "horizon = 2040", "horizon = 2040\nbudget_usd = 1000",
     ["budget_usd", 'needs a follower of growth = "training"']),
    # names that would be folders
    ("models", "mmlu-pro-alone", 'name = "mmlu-pro-alone"', 'name = "../up"', ["name", "'../up'"]),
    # priors
    ("priors", "literature", HARDWARE, '"LogNormal(1.40, 95% 1.57..1.25)"',
     ["parameters.g_hardware.prior", "1.57, 1.4, 1.25 are out of order", "LOW < median < HIGH"]),
    ("priors", "literature", HARDWARE, '"LogNormal(-1.4, sd 0.1)"',
     ["parameters.g_hardware.prior", "-1.4 lies outside 0..inf"]),
    ("priors", "literature", HARDWARE, '"Lognormal(1.4, sd 0.1)"',
     ["parameters.g_hardware.prior", "Did you mean 'LogNormal'?"]),
    ("priors", "literature", HARDWARE, '"fast"', ["parameters.g_hardware.prior", "'fast'", "Write for example"]),
    ("priors", "literature", HARDWARE, "true", ["parameters.g_hardware.prior", "got True"]),
    ("priors", "literature", HARDWARE, "inf", ["parameters.g_hardware.prior", "inf"]),
    ("priors", "literature", f"prior = {HARDWARE}\n", "", ["parameters.g_hardware.prior", "required"]),
    ("priors", "literature", 'source = "Hobbhahn', 'sauce = "Hobbhahn', ["parameters.g_hardware.source", "required"]),
    ("priors", "literature", 'source = "Derived: g_investment is compute growth over g_hardware"', 'source = ""',
     ["correlations.0.source", "at least 1 character"]),
    # joint priors
    ("priors", "literature", LAST_ROW, "[5.354732e-3, 1.149822e-3, 4.5e-4]",
     ["joint.0", "not positive definite", "eigenvalue"]),
    ("priors", "literature", LAST_ROW, "[5.354732e-3, 1.2e-3, 4.5e-2]", ["joint.0", "not a symmetric 3 by 3 matrix"]),
    ("priors", "literature", LAST_ROW, "[5.354732e-3, 1.149822e-3]", ["joint.0", "not a symmetric 3 by 3 matrix"]),
    ("priors", "literature", LAST_ROW, "[5.354732e-3, 1.149822e-3, nan]", ["joint.0.covariance.2.2", "got nan"]),
    ("priors", "literature", "mean = [1.81613,", "mean = [nan,", ["joint.0.mean.0", "got nan"]),
    ("priors", "literature", "mean = [1.81613,", "mean = [", ["joint.0", "mean has 2 entries for 3 parameters"]),
    ("priors", "literature", 'families = ["Normal",', 'families = ["Norml",',
     ["joint.0", "'Norml'", "Did you mean 'Normal'?"]),
    ("priors", "literature", '["L0", "alpha", "A"]', '["L0", "alpha", "a"]', ["joint.0", "widening needs alpha and A"]),
    ("priors", "literature", "[parameters.g_hardware]", "[parameters.alpha]", ["alpha has two priors"]),
    # correlations
    ("priors", "literature", "value = -0.17", "value = -1.0", ["correlations.0.value", "got -1.0", "greater than -1"]),
    ("priors", "literature", CORRELATED, CORRELATED.replace("g_hardware", "g_hardwear"),
     ["'g_hardwear'", "Did you mean 'g_hardware'?"]),
    ("priors", "literature", CORRELATED, 'between = ["g_price", "g_price"]',
     ["correlations.0.between", "two parameters"]),
    ("priors", "literature", "[[correlations]]",
     '[[correlations]]\nbetween = ["g_investment", "g_hardware"]\nvalue = 0.3\nsource = "me"\n[[correlations]]',
     ["g_hardware and g_investment have two correlations"]),
    # events
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'quantity = "mmlu_pro_gap"\nbelow = 5.0\nunit = "points"',
     ["events.0", "quantity, below, unit became one question", 'write ask = "mmlu_pro_gap < 5.0 points"']),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'quantity = "tokens"\nabove = 1000\nunit = "tokens"',
     ['ask = "tokens > 1000 tokens"']),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "mmlu_pro_gap"', ["events.0.ask", "column 13", "an operator"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "loss_gap < -5"', ["loss_gap lies above 0", "always true or never"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "tokens < -1"', ["tokens lies above 0"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "mmlu_pro_gap < 140"', ["between 0 and 100 points", "column 16"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "lag < lag at 2050"', ["the date 2050 lies outside"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "lag < 1 at 2030"', ["true or false, and has no date"]),
    ("models", "mmlu-pro-alone", "the MMLU-Pro gap stays below 2 points", "the MMLU-Pro gap stays below 5 points",
     ["two events have the name 'the MMLU-Pro gap stays below 5 points'"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, FIRST_EVENT.replace("_pro_", "_"),
     ["'the MMLU-Pro gap stays below 5 points'", "no quantity 'mmlu_gap'", "Did you mean 'mmlu_pro_gap'?"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, FIRST_EVENT.replace("points", "percent"),
     ["'the MMLU-Pro gap stays below 5 points'", "'percent'", "Allowed: points"]),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "loss_gap_slope < 0"',
     ["no quantity 'loss_gap_slope'", 'it needs a card with "none"']),
    ("models", "mmlu-pro-alone", FIRST_EVENT, 'ask = "budget_compute > 1e25"',
     ["no quantity 'budget_compute'", 'it needs a card with "training"']),
    # clock, start and horizon
    ("models", "mmlu-pro-alone", "start = 2023-12-01\n", "", ['clock = "calendar" needs a start date']),
    ("models", "paper", 'clock = "elapsed"', 'clock = "elapsed"\nstart = 2023-12-01', ['clock = "elapsed" has none']),
    ("models", "mmlu-pro-alone", "start = 2023-12-01", 'start = "2023-12-01"',
     ["start", "'2023-12-01'", "without quotes"]),
    ("models", "mmlu-pro-alone", "start = 2023-12-01", "start = 2023", ["start", "got 2023", "such as 2024-05-01"]),
    ("models", "mmlu-pro-alone", 'clock = "calendar"\nstart = 2023-12-01', 'clock = "elapsed"', ["evidence is dated"]),
    ("models", "mmlu-pro-alone", "horizon = 2040", "horizon = 2023", ["horizon", "2023-12-01", "got 2023"]),
    ("models", "mmlu-pro-alone", "horizon = 2040", "horizon = 2200", ["horizon", "before 2200", "got 2200"]),
    ("models", "paper", "horizon = 30", "horizon = 0", ["horizon", "got 0"]),
    # evidence
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("69", "140"),
     ["between 0 and 100", "got 140", "GPT-4 Turbo, 2023-11-01"]),
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("69", "-1"), ["between 0 and 100", "got -1", "GPT-4 Turbo"]),
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("69", "nan"), ["finite number", "got nan", "GPT-4 Turbo"]),
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("69", '"69 %"'), ["records.4.score", "'69 %'", "number"]),
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("69", "true"), ["records.4.score", "got True"]),
    ("evidence", "mmlu-pro", GPT4, f"{GPT4}, score_se = 0", ["records.4.score_se", "got 0"]),
    ("evidence", "mmlu-pro", GPT4, f"{GPT4}, score_se = inf", ["records.4.score_se", "got inf"]),
    ("evidence", "mmlu-pro", GPT4, f"{GPT4}, price_seen_after = 9", ["unknown key", "'records.4.price_seen_after'"]),
    ("evidence", "mmlu-pro", "price = 30", "price = inf", ["records.4.price", "got inf", "finite"]),
    ("evidence", "mmlu-pro", "price = 30", "price = 0", ["records.4.price", "got 0", "greater than 0"]),
    ("evidence", "mmlu-pro", "price = 30", "price = -1", ["records.4.price", "got -1", "greater than 0"]),
    ("evidence", "mmlu-pro", '"GPT-4 Turbo"', '" "', ["records.4.model", "got ' '", "blank"]),
    ("evidence", "mmlu-pro", "date = 2023-11-01", "date = 0001-01-01", ["records.3.date", "got 0001-01-01", "1950-01-01"]),
    ("evidence", "mmlu-pro", "date = 2023-11-01", "date = 9999-12-31",
     ["as_of = 2025-04-30", "9999-12-31", "move as_of"]),
    ("evidence", "mmlu-pro-summary", "date = 2024-02-01", "date = 1024-02-01", ["gaps.1.date", "1950-01-01"]),
    ("evidence", "mmlu-pro", GPT4, GPT4.replace("69", "1e300"), ["between -1e+06 and 1e+06"]),
    ("evidence", "mmlu-pro", ', score = 69', "", ["records.4.score", "required"]),
    ("evidence", "mmlu-pro", "date = 2023-11-01", 'date = "soon"',
     ["records.3.date", "'soon'", "not a date", "such as 2024-05-01"]),
    ("evidence", "mmlu-pro", "date = 2023-11-01", "date = 2023", ["records.3.date", "got 2023", "not a date"]),
    ("evidence", "mmlu-pro", "date = 2023-11-01", "date = 0", ["records.3.date", "got 0", "not a date"]),
    ("evidence", "mmlu-pro", "date = 2023-11-01", "date = 2023-13-01", ["not valid TOML", "line 22"]),
    ("evidence", "mmlu-pro", GPT4, f'{GPT4} }},\n  {{ actor = "frontier", date = 2023-11-01, {GPT4}',
     ["duplicate row", "frontier", "'GPT-4 Turbo'", "2023-11-01"]),
    ("evidence", "mmlu-pro", 'kind = "records"', 'kind = "gaps"', ["the table is empty", "needs rows under gaps"]),
    ("evidence", "mmlu-pro", 'kind = "records"', 'kind = "scores"',
     ["records in a table of kind 'scores'", 'Write kind = "records"']),
    ("evidence", "mmlu-pro", "records = [", "gaps = [{ date = 2024-01-01, frontier = 50, budget = 40 }]\nrecords = [",
     ['kind = "records" has no gaps']),
    ("evidence", "mmlu-pro-summary", "frontier = 62", "frontier = 162", ["got 162", "frontier, 2024-02-01"]),
    ("evidence", "mmlu-pro-summary", "date = 2024-02-01", "date = 2023-07-01", ["duplicate row: gap, 2023-07-01"]),
    ("evidence", "mmlu-pro-summary", "budget = 50", "budget = -50", ["got -50", "budget, 2024-02-01"]),
    ("evidence", "mmlu-pro", "licence =", "license =",
     ["licence: Field required", "'license'", "Did you mean 'licence'?"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "old", "new", "pieces"), REFUSED)
def test_every_mistake_names_the_file_the_key_the_value_and_a_remedy(edited, kind, name, old, new, pieces):
    file = edited(kind, name, (old, new))
    with pytest.raises(InputError) as error:
        LOAD[kind](file)
    assert file in error.value.message
    for piece in pieces:
        assert piece in str(error.value)
    assert error.value.remedy
    assert error.value.exit_code == 2


def test_all_mistakes_of_a_file_are_told_at_once(edited):
    file = edited(
        "models",
        "mmlu-pro-alone",
        ("floor = 10.0", "floor = -1"),
        (FIRST_EVENT, f"{FIRST_EVENT}\nasks = 5.0"),
        ("2040", '"x"'),
    )
    with pytest.raises(InputError) as error:
        library.load_card(file)
    assert error.value.message.count(file) == 3


@pytest.mark.parametrize(("kind", "name"), [("models", "mmlu-pro-alone"), ("priors", "wide"), ("evidence", "mmlu-pro")])
def test_what_was_read_cannot_be_changed(kind, name):
    with pytest.raises(ValueError, match="frozen"):
        LOAD[kind](name).name = "other"


def test_an_evidence_table_needs_rows_and_both_actors(tmp_path):
    text = (library.shelf("evidence") / "mmlu-pro.toml").read_text()
    head, rows = text.split("records = [")
    for records, piece in (
        ("", "the table is empty"),
        ("records = []", "the table is empty"),
        ("records = [" + rows.split('  { actor = "budget"')[0] + "]", "no record of the budget"),
    ):
        file = tmp_path / "few.toml"
        file.write_text(head + records)
        with pytest.raises(InputError, match=piece):
            library.load_evidence(str(file))


# What is shipped


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in LOAD for n in library.names(k)])
def test_every_shipped_file_loads_under_its_own_name(kind, name):
    item = LOAD[kind](name)
    assert item.name == name
    assert item.title


def test_the_promised_files_are_shipped():
    assert set(CARDS) >= {"paper", "mmlu-pro-alone"}
    assert set(SETS) >= {"paper", "paper-code", "literature", "wide"}
    assert set(TABLES) >= {"mmlu-pro", "mmlu-pro-summary"}


def statements():
    for name in CARDS:
        yield library.load_card(name)
    for name in SETS:
        yield library.load_priors(name)


@pytest.mark.parametrize("item", [pytest.param(item, id=item.name) for item in statements()])
def test_every_shipped_number_has_its_unit_and_source(item):
    benchmarks = {b.name: b.unit for b in getattr(item, "benchmarks", ())}
    later = getattr(item, "follower_names", ())[1:]
    for name, unit in item.units().items():
        of = next((u for b, u in benchmarks.items() if name.startswith(f"{b}_")), "score")
        assert unit == find(name, tuple(benchmarks), later).unit.replace("score", of)
    assert item.sources().keys() == item.units().keys() == set(item.belief.names)
    assert all(len(source) > 20 for source in item.sources().values())
    for joint in item.joint:
        assert joint.widening is None or len(joint.widening.source) > 20
    assert all(len(entry.source) > 20 for entry in item.correlations)


@pytest.mark.parametrize("name", TABLES)
def test_every_shipped_table_says_where_it_is_from(name):
    table = library.load_evidence(name)
    assert any(publisher in table.source for publisher in ("Gundlach", "Epoch AI", "LMArena", "Kaggle", "Aider"))
    assert table.licence
    assert table.caveats
    assert table.kind == "scores" or table.rule
    assert table.size > 0
    assert dt.date(2023, 1, 1) < table.last_date <= dt.date(2026, 10, 1)


@pytest.mark.parametrize(("name", "alpha"), [("paper", 0.155), ("paper-code", 0.154)])
def test_the_papers_prior_sets_are_the_published_points(name, alpha):
    belief = library.load_priors(name).belief
    published = {
        "alpha": alpha, "A": 1070, "L0": 1.7, "g_hardware": 1.4, "g_algorithms": 2.8, "g_investment": 5 / 1.4,
        "type_1": 0.05, "type_2": 0.05, "slowdown": 1,
    }  # fmt: skip
    assert belief.is_point
    for parameter, value in published.items():
        assert belief.quantile(parameter, 0.5) == pytest.approx(value, rel=1e-15)


def test_the_wide_set_is_wider_in_every_growth_rate_and_the_exponent():
    narrow, wide = (library.load_priors(name).belief for name in ("literature", "wide"))
    for name in ("alpha", "g_hardware", "g_algorithms", "g_investment", "g_inference", "g_price"):
        assert wide.sd[wide.index(name)] > 1.3 * narrow.sd[narrow.index(name)]


def test_the_default_card_is_what_the_issue_asks_for():
    card = library.load_card("mmlu-pro-alone")
    assert (card.clock, card.discrepancy, card.priors) == ("calendar", "ou", "literature")
    assert [(f.name, f.rule, f.growth) for f in card.followers] == [("budget", None, "price_band")]
    (benchmark,) = card.benchmarks
    assert (benchmark.evidence, benchmark.link, benchmark.floor) == ("mmlu-pro", "sigmoid", 10.0)
    assert card.belief.sd[card.belief.index("mmlu_pro_ceiling")] > 0
    assert len(card.events) >= 3


def test_the_papers_card_has_no_evidence_and_its_own_clock():
    card = library.load_card("paper")
    assert (card.clock, card.discrepancy, card.priors) == ("elapsed", "none", "paper")
    assert [(f.name, f.rule, f.growth) for f in card.followers] == [("budget", None, "training")]
    assert not card.benchmarks
    assert (card.belief.quantile("C0", 0.5), card.belief.quantile("R", 0.5)) == (1e20, 1.0)
    assert len(card.events) >= 3


def test_the_anchor_of_the_leaderboard_is_what_its_comment_says():
    """ln C_frontier = ln C0 + ln R has mean 60.0 and SD 1.0 and knows nothing of ln R (mean 3.2, SD 1.0)."""
    belief = library.load_card("mmlu-pro-alone").belief
    of = {n: np.array([n == m for m in belief.names], float) for n in ("C0", "R")}
    frontier, lead = of["C0"] + of["R"], of["R"]
    assert (frontier @ belief.mean, lead @ belief.mean) == (pytest.approx(60.0), pytest.approx(3.2))
    assert frontier @ belief.covariance @ frontier == pytest.approx(1.0)
    assert lead @ belief.covariance @ lead == pytest.approx(1.0)
    assert frontier @ belief.covariance @ lead == pytest.approx(0.0, abs=1e-12)
    assert math.log(2.1e25) + 1.7 == pytest.approx(60.0, abs=0.05)  # GPT-4 and 1.7 of algorithms


def test_an_event_says_the_same_however_it_is_spaced(edited):
    loose = library.load_card(edited("models", "mmlu-pro-alone", (FIRST_EVENT, 'ask = " (mmlu_pro_gap<5.0 points)"')))
    assert loose.events == library.load_card("mmlu-pro-alone").events
    assert loose.events[0].ask == "mmlu_pro_gap < 5 points"


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    file = tmp_path / "marked.toml"
    file.write_bytes(b"\xef\xbb\xbf" + (library.shelf("priors") / "literature.toml").read_bytes())
    assert library.fingerprint(library.load_priors(str(file))) == library.fingerprint(library.load_priors("literature"))
    assert library.check(file) == library.load_priors("literature")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("kind = []\nschema = 1", ["kind", "schema"]),
        ("schema = 1\nschema = 1", ["not valid TOML", "Cannot overwrite a value"]),
        ('schema = 1\nextends = "literature"\ndescription = "d"\n[[joint]]\nparameters = 1.0', ["joint.0.parameters"]),
        ('schema = 1\nextends = "paper"\n[[joint]]\nparameters = 1.0', ["joint.0.parameters"]),
        (
            'schema = 1\nextends = "literature"\ndescription = "d"\n[[correlations]]\nbetween = 3',
            ["correlations.0.between"],
        ),
        ('schema = 1\nextends = "nowhere"\ndescription = "d"', ["unknown prior set 'nowhere'", "literature"]),
        ('schema = 1\nextends = 3\ndescription = "d"', ["extends is not a name", "prior set"]),
        ('schema = 1\nextends = "./it.toml"\ndescription = "d"', ["extends itself"]),
    ],
)
def test_a_broken_file_is_told_and_no_traceback(tmp_path, monkeypatch, text, pieces):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it.toml").write_text(text, encoding="utf-8")
    for reader in (library.check, lambda path: library.load_any_evidence(str(path))):
        with pytest.raises(InputError):
            reader(library.Path("it.toml"))
    with pytest.raises(InputError) as error:
        library.check(library.Path("it.toml"))
    assert all(piece in str(error.value) for piece in pieces), error.value


def test_a_prior_set_takes_over_what_it_does_not_say(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'schema = 1\nname = "mine"\ntitle = "Mine"\ndescription = "d"\nextends = "literature"\n'
        '[parameters.g_price]\nprior = "LogNormal(3, sd 0.1)"\nunit = "per year"\nsource = "me"\n'
    )
    mine, base = library.load_priors(str(file)), library.load_priors("literature")
    assert set(mine.belief.names) == set(base.belief.names)
    assert mine.belief.quantile("g_price", 0.5) == pytest.approx(3.0)
    assert mine.belief.quantile("alpha", 0.9) == base.belief.quantile("alpha", 0.9)
    assert (mine.name, mine.title) == ("mine", "Mine")
    assert [name for name, _ in library.bases(mine)] == ["literature"]
    assert isinstance(library.check(file), type(mine))


@pytest.mark.parametrize(
    ("names", "meanings"),
    [
        (registry.Growth, components.GROWTH),
        (registry.Investment, components.INVESTMENT),
        (registry.Algorithms, components.ALGORITHMS),
        (registry.Extra, components.EXTRAS),
        (registry.Link, theory.LINK_PARAMETERS),
        (registry.Discrepancy, theory.DISCREPANCY_PARAMETERS),
    ],
)
def test_every_name_that_a_card_may_use_has_its_mathematics(names, meanings):
    assert set(get_args(names)) == set(meanings)
