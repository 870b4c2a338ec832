"""``meekcast quantities``: what can be asked, and examples that work as they stand."""

import json
import shlex

import pytest

from meekcast.cards.library import load_card
from meekcast.forecasts.questions.when import check_question
from meekcast.inputs import gather
from meekcast.whatif.world import blank


def test_it_lists_what_a_card_can_be_asked(run_cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    shown = run_cli("quantities").out
    card = load_card("leaderboard")
    for name, quantity in card.quantities.items():
        (line,) = [line for line in shown.splitlines() if line.strip().startswith(f"{name} ")]
        assert quantity.unit in line
        assert quantity.long_name in line
    assert "0 to 100" in shown
    levels = {alias: name for alias, name in card.scope.aliases.items() if alias.endswith("_level")}
    assert levels.keys() == {"frontier_level", "price_band_level", "budget_level"}
    words = " ".join(shown.split())
    for alias, name in levels.items():
        assert f"{alias}: {name}" in words
    assert "what a leaderboard will show" in shown


@pytest.mark.parametrize("name", ["leaderboard", "paper", "mmlu-pro-alone", "open-weights"])
def test_its_examples_are_answered(run_cli, name):
    document = json.loads(run_cli("quantities", name, "--json").out)
    assert {q["name"] for q in document["quantities"]} == set(load_card(name).quantities)
    assert set(document["aliases"].values()) <= set(load_card(name).quantities)
    source = blank(gather(name))
    for line in document["examples"]:
        program, command, expression, *options = shlex.split(line)
        assert (program, command, options[options.index("--card") + 1]) == ("meekcast", "when", name)
        given = [options[i + 1] for i, word in enumerate(options) if word == "--given"]
        check_question(expression, source, [], given)


def test_an_unknown_card_is_told(run_cli, one_message):
    one_message(run_cli("quantities", "leaderbord"), "Did you mean 'leaderboard'?")
