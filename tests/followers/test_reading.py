"""What a card with several followers reads, and what it refuses: names, rules, too few records, missing priors."""

import datetime as dt

import pytest

from meekcast.cards import library
from meekcast.errors import InputError
from meekcast.inputs import Override, gather
from meekcast.model import theory
from meekcast.vocabulary.grammar import parse

ACTORS = ("frontier", "cheap", "open", "small")


def records(table):
    return {actor: [row.model for row in table.records_of(actor)] for actor in ("frontier", *table.followers)}


def test_each_follower_reads_its_own_records_and_all_read_one_frontier(followed):
    three = records(followed("cheap", "open", "small").tables[0])
    assert tuple(three) == ACTORS
    assert three["frontier"] == [f"{'open' if i == 13 else 'big'}-{i}" for i in (0, 3, 6, 9, 12, 13, 15, 18, 21)]
    assert three["open"] == [f"open-{i}" for i in (1, 4, 7, 10, 13, 19, 22)]  # 16 is below 13
    assert three["small"] == [f"small-{i}" for i in range(2, 24, 3)]
    assert three["cheap"] == [
        "small-2", "small-5", "open-1", "small-8", "open-4", "small-11", "open-7", "small-14", "open-10", "small-17",
        "open-13",
    ]  # fmt: skip
    for name in ACTORS[1:]:
        alone = records(followed(name).tables[0])
        assert alone == {actor: three[actor] for actor in ("frontier", name)}


def test_a_model_that_is_a_record_of_several_is_shared_among_those_that_are_read(followed):
    def share(*followers):
        ((_, rows),) = followed(*followers).data
        return [o.share for o in rows if o.label == "open-13"]

    assert share("cheap", "open", "small") == [1 / 3] * 3
    assert share("open", "small") == [1 / 2] * 2
    assert share("small") == [1]  # of the frontier alone


def test_the_order_of_followers_is_the_order_of_their_weights(followed):
    ((_, rows),) = followed("small", "cheap").data
    assert {o.label: o.weights for o in rows if o.share == 1 and o.label != "big-0"}["open-1"] == (0, 0, 1)


def test_a_benchmark_may_be_read_of_some_followers_only(followed, both):
    some = both.replace('evidence = "duel"', 'evidence = "duel"\nfollowers = ["small"]')
    inputs = followed("cheap", "small", benchmarks=some)
    assert [series.name for series in inputs.card.series] == ["mmlu_pro", "small_mmlu_pro", "small_duel"]
    (_, quiz), (_, duel) = inputs.data
    assert {len(o.weights) for o in quiz} == {3}
    assert {len(o.weights) for o in duel} == {2}
    asked = inputs.card.quantities
    assert {"duel_gap", "small_duel_gap", "small_duel_gap_observed"} <= asked.keys()
    assert "duel_gap_observed" not in asked


def test_series_have_titles_and_the_first_follower_needs_none(followed):
    card = followed("cheap", "small").card
    assert [card.title_of(series) for series in card.series] == ["Quiz", "Quiz, the small actor"]


# Parameters


def test_each_follower_has_parameters_of_its_own(followed):
    inputs = followed("cheap", "open", "small")
    own = {
        "R", "lead_sd", "lead_memory", "g_price", "open_R", "open_lead_sd", "open_lead_memory", "open_g_spending",
        "small_R", "small_lead_sd", "small_lead_memory", "small_g_overtraining",
    }  # fmt: skip
    shared = set(theory.COMMON) | {"g_investment", "frontier_sd", "frontier_memory"}
    links = {f"mmlu_pro_{role}" for role in ("ceiling", "difficulty", "discrimination", "noise")}
    assert set(inputs.belief.names) == own | shared | links
    for name in inputs.belief.names:
        assert inputs.card.parameter(name).unit


def test_of_what_is_not_stated_the_first_followers_prior_holds_and_is_a_parameter_of_its_own(followed):
    inputs = followed("cheap", "pennies")
    belief = inputs.belief
    for own in ("R", "lead_sd", "lead_memory", "g_price"):
        first, second = belief.index(own), belief.index(f"pennies_{own}")
        assert (belief.mean[second], belief.sd[second]) == (belief.mean[first], belief.sd[first])
        assert belief.scales[second] == belief.scales[first]
        assert belief.covariance[first, second] == 0
        assert inputs.sources()[f"pennies_{own}"] == f"as {own}: {inputs.sources()[own]}"


def test_a_prior_of_a_later_follower_can_be_stated_and_changed(card):
    changed = gather(card("cheap", "pennies"), overrides=[Override("pennies_R", "LogNormal(80, sd 0.5)")])
    assert changed.belief.quantile("pennies_R", 0.5) == pytest.approx(80)
    assert changed.belief.quantile("R", 0.5) == gather(card("cheap")).belief.quantile("R", 0.5)
    with pytest.raises(InputError, match="has no parameter 'penies_R'") as error:
        gather(card("cheap", "pennies"), overrides=[Override("penies_R", "3")])
    assert "Did you mean 'pennies_R'?" in error.value.remedy


def test_a_growth_that_the_first_follower_does_not_have_needs_a_prior_of_its_own(tmp_path, card):
    text = (tmp_path / card("cheap", "open")).read_text(encoding="utf-8")
    lacking = tmp_path / "lacking.toml"
    head, tail = text.split("[parameters.open_g_spending]")
    lacking.write_text(head + tail.split('source = "made up"\n', 1)[1], encoding="utf-8")
    with pytest.raises(InputError, match="needs a prior for open_g_spending") as error:
        gather(str(lacking))
    assert "[parameters.open_g_spending]" in error.value.remedy
    mended = gather(str(lacking), overrides=[Override("open_g_spending", "LogNormal(3, sd 0.1)")])
    assert mended.belief.quantile("open_g_spending", 0.5) == pytest.approx(3)


# Names in questions


@pytest.fixture
def scope(followed):
    return followed("cheap", "open", "small").card.scope


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("lag", "lag"),
        ("lag of cheap", "lag"),
        ("cheap_lag", "lag"),
        ("lag of budget", "lag"),
        ("budget_lag_behind", "lag_behind"),
        ("lag of open", "open_lag"),
        ("lag_behind of small", "small_lag_behind"),
        ("cheap_level", "cheap_effective_compute"),
        ("budget_level", "cheap_effective_compute"),
        ("level of small", "small_effective_compute"),
        ("level of frontier", "frontier_effective_compute"),
        ("loss of open", "loss_open"),
        ("loss_budget", "loss_cheap"),
        ("loss of frontier", "loss_frontier"),
        ("mmlu_pro of small", "mmlu_pro_small"),
        ("mmlu_pro_gap of cheap", "mmlu_pro_gap"),
        ("mmlu_pro_gap of small", "small_mmlu_pro_gap"),
        ("mmlu_pro_gap_observed of open", "open_mmlu_pro_gap_observed"),
        ("mmlu_pro_budget", "mmlu_pro_cheap"),
        ("tokens of small", "small_tokens"),
    ],
)
def test_what_is_an_actors_may_be_asked_by_its_name(scope, said, meant):
    (reading, *_) = parse(f"{said} > 1 ").quantities
    found = parse(f"{said} < 1").condition.left
    assert scope.name(found, "") == meant
    assert scope.knows(reading)


def test_a_later_follower_may_be_called_budget_and_then_it_is_meant(followed):
    scope = followed("cheap", "budget", budget='rule = "open_weights"\ngrowth = "price_band"').card.scope
    for said, meant in (
        ("level of budget", "budget_effective_compute"),
        ("loss of budget", "loss_budget"),
        ("lag of budget", "budget_lag"),
        ("lag of cheap", "lag"),
    ):
        assert scope.name(parse(f"{said} < 1").condition.left, "") == meant


def test_every_other_name_means_a_quantity_and_none_hides_one(followed):
    for followers in (("cheap",), ("cheap", "open"), ("small", "cheap", "open")):
        scope = followed(*followers).card.scope
        assert not scope.aliases.keys() & scope.labels.keys()
        assert set(scope.aliases.values()) <= scope.labels.keys()


def test_an_actor_that_the_card_does_not_follow_is_refused_with_the_nearest(scope):
    with pytest.raises(InputError, match="no quantity 'pennies_lag'") as error:
        scope.check(parse("lag of pennies < 1"))
    assert "'open_lag'" in error.value.remedy


def test_a_later_follower_has_raw_compute_where_its_growth_is_training(followed):
    trained = followed("cheap", "open", open='rule = "open_weights"\ngrowth = "training"').card.quantities
    assert "open_compute" in trained
    assert not {"cheap_compute", "budget_compute"} & trained.keys()


# What is refused


def test_scores_need_a_rule(card):
    file = card("cheap", "open", open='growth = "spending"')
    with pytest.raises(InputError, match="follower 'open' has no rule, and evidence 'quiz' lists all models") as error:
        gather(file)
    mended = card("cheap", "open", open=f'{_quoted(error.value.remedy)}\ngrowth = "spending"')
    assert gather(mended).card.followers[1].rule == "price <= 1 USD per million tokens"


def _quoted(remedy):
    """The line that a remedy tells to add."""
    return remedy.split("Add ")[1].split(", or another rule")[0]


def test_without_a_rule_published_records_are_read(card):
    published = library.shelf("evidence") / "mmlu-pro.toml"
    inputs = gather(card("cheap", cheap='growth = "price_band"'), evidence=[str(published)])
    assert inputs.tables[0].followers == ("cheap",)  # the table calls it the budget actor


def test_fewer_than_five_records_are_refused_and_the_remedy_works_as_written(card):
    few = 'rule = "price <= 0.4 and parameters <= 1e9"\ngrowth = "price_band"'
    with pytest.raises(InputError, match=r"'quiz' has 0 records of pennies \(.*\), 5 are needed") as error:
        gather(card("cheap", "pennies", "small", pennies=few))
    assert "price <= 0.4 USD per million tokens and parameters <= 1e9" in error.value.message
    line = error.value.remedy.split("Write ")[1].split(" under this benchmark")[0]
    assert line == 'followers = ["cheap", "small"]'
    mended = gather(card("cheap", "pennies", "small", pennies=few, benchmarks=_quiz(line)))
    assert mended.tables[0].followers == ("cheap", "small")


def _quiz(line):
    return f'\n[[benchmarks]]\nname = "mmlu_pro"\ntitle = "Quiz"\nevidence = "quiz"\nlink = "sigmoid"\nfloor = 10.0\n{line}\n'


def test_a_board_with_few_models_is_refused_and_leaving_out_a_follower_would_not_help(
    card, made_up, tmp_path, monkeypatch
):
    (tmp_path / "few").mkdir()
    lines = (made_up / "quiz.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "few" / "quiz.toml").write_text((made_up / "quiz.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "few" / "quiz.csv").write_text("".join(lines[:11]), encoding="utf-8")
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(tmp_path / "few"))
    with pytest.raises(InputError, match="has 4 records of frontier, 5 are needed") as error:
        gather(card("open", "small"))
    assert "followers" not in error.value.remedy


def test_of_the_only_follower_there_is_nothing_to_leave_out(card):
    few = 'rule = "price <= 0.1"\ngrowth = "price_band"'
    with pytest.raises(InputError, match="has 0 records of pennies") as error:
        gather(card("pennies", pennies=few))
    assert error.value.remedy.startswith("Leave the benchmark out, or choose a wider rule")


def test_prices_that_are_seen_late_can_leave_too_few(card, made_up, tmp_path, monkeypatch):
    assert gather(card("cheap", benchmarks=_quiz("prices_within = 0"))).tables  # all are seen on the day of release
    late = (made_up / "prices" / "made-up.csv").read_text(encoding="utf-8")
    folder = tmp_path / "late"
    (folder / "prices").mkdir(parents=True)
    for file in ("quiz.toml", "quiz.csv", "prices/made-up.toml"):
        (folder / file).write_text((made_up / file).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "prices" / "made-up.csv").write_text(late.replace("-15,,,0.3", "-18,,,0.3"), encoding="utf-8")
    monkeypatch.setenv("MEEKCAST_EVIDENCE", str(folder))
    assert len(gather(card("pennies")).tables[0].records_of("pennies")) == 8
    with pytest.raises(InputError, match="has 0 records of pennies"):
        gather(card("pennies", benchmarks=_quiz("prices_within = 2")))
    assert gather(card("pennies", benchmarks=_quiz("prices_within = 3"))).tables


def test_a_follower_that_a_benchmark_names_must_be_one(card):
    with pytest.raises(InputError, match="benchmark 'mmlu_pro': no follower 'smal'") as error:
        gather(card("cheap", "small", benchmarks=_quiz('followers = ["smal"]')))
    assert "Did you mean 'small'?" in str(error.value)


@pytest.mark.parametrize("name", ["cheap", "mmlu_pro", "frontier", "loss", "gap", "gap_slope", "gap_observed"])
def test_a_name_that_is_taken_is_refused(card, name):
    with pytest.raises(InputError, match=f"two things have the name '{name}'"):
        gather(card("cheap", name, **{name: 'rule = "open_weights"\ngrowth = "price_band"'}))


def test_a_board_that_begins_after_the_card_reads_is_refused(card):
    with pytest.raises(InputError, match="evidence 'quiz' has no row since 2026-01-01"):
        gather(card("cheap", benchmarks=_quiz("since = 2026-01-01")))


def test_evidence_of_later_is_from_the_future(card):
    with pytest.raises(InputError, match="'quiz' is dated 2025-12-31, after today, 2025-12-29"):
        gather(card("cheap"), today=dt.date(2025, 12, 29))
