"""Made-up boards, prices and cards with one to three followers, in a folder of evidence of a test's own."""

import dataclasses
import datetime as dt
from typing import NamedTuple

import pytest

from meekcast.inputs import gather

BOARD = """
schema = 1
name = "{name}"
title = "Made up: {name}"
benchmark = "{benchmark}"
kind = "scores"
{unit}
date_precision = "day"
as_of = {as_of}
source = "made up by a test"
licence = "none"
rows = "{name}.csv"
"""
HEADER = "model,developer,released,known_on,score,score_se,open_weights,parameters,cost_per_task"
PRICES = """
schema = 1
name = "made-up"
title = "Made-up prices"
kind = "prices"
source = "made up by a test"
licence = "none"
rows = "made-up.csv"
"""
CARD = """
schema = 1
extends = "mmlu-pro-alone"
name = "{name}"
title = "Made-up followers"
story = "Three kinds of made-up models trail a made-up frontier."
wrong_if = "Never: it is made up."
"""
QUIZ = """
[[benchmarks]]
name = "mmlu_pro"
title = "Quiz"
evidence = "quiz"
link = "sigmoid"
floor = 10.0
"""
DUEL = """
[[benchmarks]]
name = "duel"
title = "Duel"
evidence = "duel"
link = "linear"
unit = "elo"
reference = "start"

[parameters.duel_level]
prior = "Normal(1200, sd 20)"
unit = "elo"
source = "made up by a test"

[parameters.duel_slope]
prior = "LogNormal(40, 90% 20..80)"
unit = "elo per ln FLOP"
source = "made up by a test"

[parameters.duel_noise]
prior = "LogNormal(12, 90% 7..20)"
unit = "elo"
source = "made up by a test"
"""
RULES = {
    "cheap": 'rule = "price <= 1"\ngrowth = "price_band"',
    "open": 'rule = "open_weights"\ngrowth = "spending"',
    "small": 'rule = "open_weights and parameters <= 10e9"\ngrowth = "size_class"',
    "pennies": 'rule = "price <= 0.4"\ngrowth = "price_band"',
}
OWN = {
    "open": ("g_spending", "LogNormal(3.3, 90% 1.8..6.0)"),
    "small": ("g_overtraining", "LogNormal(3.0, 90% 1.5..6.0)"),
}
SHARED = "open-13"
"""A record of the frontier and of open models in February 2025, and of cheap ones once its price was cut."""


class Model(NamedTuple):
    """A made-up model; its price may be cut once."""

    name: str
    released: dt.date
    known: dt.date | None
    score: float
    open_weights: str
    parameters: str
    prices: tuple[tuple[dt.date, float], ...]


def models():
    """Two years of models: big ones, open ones whose prices are cut after half a year, small cheap ones."""
    for i in range(24):
        date, later = dt.date(2024 + i // 12, i % 12 + 1, 15), dt.date(2024 + (i + 6) // 12, (i + 6) % 12 + 1, 1)
        if i % 3 == 0:
            yield Model(f"big-{i}", date, None, 50 + 1.5 * i, "no", "", ((date, 20.0),))
        elif i % 3 == 1:
            score = 70.0 if f"open-{i}" == SHARED else 42 + 1.5 * i
            yield Model(f"open-{i}", date, None, score, "yes", "70e9", ((date, 2.0), (later, 0.9)))
        else:
            known = date + dt.timedelta(10)  # the board shows small models late
            yield Model(f"small-{i}", date, known, 32 + 1.5 * i, "yes", "8e9", ((date, 0.3),))


VINTAGES = (dt.date(2024, 12, 31), dt.date(2025, 6, 30), dt.date(2025, 12, 31))


def duel_rows():
    """Each edition of the board shows what it knew by then, small models late; all scores move by 10 in each."""
    for k, vintage in enumerate(VINTAGES):
        for m in models():
            known = m.released + dt.timedelta(60 if m.known else 0)
            if known <= vintage:
                score = 1000 + 5 * m.score + 10 * k
                yield f"{m.name},,{m.released},{known},{score},4,{m.open_weights},{m.parameters},,{vintage}"


def write_evidence(folder):
    """Write both boards and their prices into a folder of evidence."""
    (folder / "prices").mkdir(parents=True)
    quiz = [
        f"{m.name},,{m.released},{m.known or ''},{m.score},1.5,{m.open_weights},{m.parameters},"
        for m in models()
    ]  # fmt: skip
    prices = [f"{m.name},{date},,,{usd}," for m in models() for date, usd in m.prices]
    about = {"as_of": "2025-12-31"}
    texts = {
        "quiz.toml": BOARD.format(
            name="quiz", benchmark="mmlu_pro", unit='unit = "points"\nchance = 10.0', **about
        ),
        "quiz.csv": "\n".join([HEADER, *quiz]),
        "duel.toml": BOARD.format(name="duel", benchmark="duel", unit='unit = "elo"', **about),
        "duel.csv": "\n".join([f"{HEADER},vintage", *duel_rows()]),
        "prices/made-up.toml": PRICES,
        "prices/made-up.csv": "\n".join(["model,date,input,output,blended,source", *prices]),
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")


TASTES = """
[parameters.board_taste_sd]
prior = "LogNormal(0.5, 90% 0.2..1.2)"
unit = "ln FLOP"
source = "made up"

[parameters.board_taste_memory]
prior = "LogNormal(1.5, 90% 0.5..4.5)"
unit = "years"
source = "made up"
"""


def card_text(followers, benchmarks=QUIZ, name="followed", discrepancy="ou", **more):
    """A card whose followers are named in order; `more` says other lines of them."""
    text = CARD.format(name=name) + f'discrepancy = "{discrepancy}"\n'
    for follower in followers:
        text += f'\n[[followers]]\nname = "{follower}"\n{more.get(follower, RULES.get(follower))}\n'
    for i, follower in enumerate(followers):
        if follower in OWN:
            parameter, prior = OWN[follower]
            prefix = f"{follower}_" if i else ""
            text += f'\n[parameters.{prefix}{parameter}]\nprior = "{prior}"\nunit = "per year"\nsource = "made up"\n'
    return text + (TASTES if discrepancy == "boards" else "") + benchmarks


@pytest.fixture(scope="session")
def made_up(tmp_path_factory):
    """The folder of made-up evidence."""
    folder = tmp_path_factory.mktemp("made-up")
    write_evidence(folder)
    return folder


@pytest.fixture(autouse=True)
def evidence(made_up, monkeypatch):
    """Boards and prices are the made-up ones."""
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(made_up))
    return made_up


@pytest.fixture
def card(tmp_path):
    """Write a card, and give its path."""

    def write(*followers, name="followed", **options):
        file = tmp_path / f"{name}.toml"
        file.write_text(card_text(followers, name=name, **options), encoding="utf-8")
        return str(file)

    return write


@pytest.fixture
def followed(card):
    """Gather a made-up card with some followers."""
    return lambda *followers, **options: gather(card(*followers, **options))


@pytest.fixture
def both():
    """Both benchmarks, as a card writes them."""
    return QUIZ + DUEL


@pytest.fixture
def draws_of():
    """Draws of a card's parameters from their prior, and of departures at the months of its evidence."""
    import numpy as np

    from meekcast.model.realised import departures

    def draw(inputs, n=50, seed=0):
        rng = np.random.default_rng(seed)
        found = inputs.belief.draw(n, rng)
        months = len(inputs.evidence_times)
        return found | {name: 0.5 * rng.standard_normal((n, months)) for name in departures(inputs.card)}

    return draw


@pytest.fixture
def reading():
    """The same inputs, their benchmarks read in another way."""

    def change(inputs, **changes):
        boards = tuple(
            dataclasses.replace(board, benchmark=board.benchmark.model_copy(update=changes)) for board in inputs.boards
        )
        return dataclasses.replace(inputs, boards=boards)

    return change
