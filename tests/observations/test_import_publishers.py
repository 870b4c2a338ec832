"""Files of each publisher: a few facts, typed in the publisher's format, become rows of a table."""

import csv
import datetime as dt
import io
import json
import zipfile

import pytest

from meekcast.errors import InputError

EPOCH = """Model version,mean_score,Best score (across scorers),Release date,Organization,Country,Training compute (FLOP),\
Training compute notes,stderr,Log viewer,Logs,Started at,id
gpt-5.2-2025-12-11_xhigh,0.914,0.914,2025-12-11,OpenAI,United States of America,,,0.018,,,2025-12-13T09:04:00.000Z,a
glm-4.7,0.8333333333333334,0.8333333333333334,2025-12-22,Z.ai (Zhipu AI),China,4.42e+24,"Not disclosed.

At least 4.42e24",0.02374901666263655,,,2026-01-29T20:49:26.702Z,b
glm-5,0.8781725888324873,0.8781725888324873,2026-02-11,Z.ai (Zhipu AI),China,,,0.02336331210092387,,,2026-02-12T17:19:26.257Z,c
"""
BENCHMARKS = """benchmark,in_eci,source_file,score_column,scale,random_baseline,score_ceiling,release_date,superseded_by
GPQA diamond,True,gpqa_diamond.csv,Best score (across scorers),1.0,0.25,1.0,2023-11-20,
Aider polyglot,True,aider_polyglot_external.csv,Percent correct,0.01,0.0,1.0,2024-12-01,
No file,True,,Score,1.0,0.0,1.0,2025-01-01,
"""
MODELS = """model_version,model_group,date,display_name,organization,country,accessibility,training_compute_flop
,,,,,,,
gpt-5.2-2025-12-11_xhigh,GPT-5.2,2025-12-11,GPT-5.2 (xhigh),OpenAI,United States of America,API access,
glm-4.7,GLM-4.7,2025-12-22,GLM-4.7,Z.ai,China,Open weights (unrestricted),
"""
AIDER = """Model version,Percent correct,Release date,Organization
gpt-5.2-2025-12-11_xhigh,88.5,,OpenAI
glm-4.7,0.9,,Z.ai
"""
ECI = """Model,Display name,eci,eci_ci_low,eci_ci_high,date,Organization,Country (of organization),Model accessibility,\
Accessibility group,model_versions
GPT-6 Astra,GPT-6 Astra,166.6,163.0,172.03,2026-09-03,OpenAI,United States of America,API access,Closed weights,a
DeepSeek V4,DeepSeek V4,140.0,137.0,143.0,2026-04-01,DeepSeek,China,Open weights (unrestricted),Open weights,b
"""
OLD_ECI = """Model version,ECI Score,Release date,Organization,Model name,Model accessibility
big_high,160.0,2026-01-05,Lab,Big,API access
big_low,160.0,2026-01-05,Lab,Big,API access
small,140.5,2026-02-05,Lab,Small,Open weights (non-commercial)
"""
ARENA = """model_name,organization,license,rating,rating_lower,rating_upper,variance,vote_count,rank,category,\
leaderboard_publish_date
gemini-3.1-pro,google,Proprietary,1486.81,1483.65,1489.97,2.6,106951,2,overall,2026-09-13
gemma-4-31b,google,Apache 2.0,1380.5,1375.2,1385.8,7.3,20300,40,overall,2026-09-13
gemini-3.1-pro,google,Proprietary,1480.1,1476.9,1483.3,2.6,90000,2,overall,2026-08-30
gemini-3.1-pro,google,Proprietary,1479.0,1475.8,1482.2,2.6,80000,2,overall,2026-08-02
"""
ANALYSIS = {
    "status": 200,
    "data": [
        {
            "id": "1", "name": "Claude Fable 5.1", "slug": "claude-fable-5-1", "release_date": "2026-09-01",
            "model_creator": {"id": "a", "name": "Anthropic"},
            "evaluations": {"artificial_analysis_intelligence_index": 53.4, "gpqa": 0.937, "tau2": None},
            "artificial_analysis_intelligence_index_cost": {"cost_per_task": {"total_cost": 0.1678}},
            "pricing": {"price_1m_blended_3_to_1": 20, "price_1m_input_tokens": 10, "price_1m_output_tokens": 50},
        },
        {
            "id": "2", "name": "Open One", "release_date": "2026-05-02", "model_creator": {"id": "b", "name": "Lab"},
            "evaluations": {"artificial_analysis_intelligence_index": 31.0, "gpqa": None, "tau2": 0.5},
            "pricing": {"price_1m_blended_3_to_1": 0, "price_1m_input_tokens": 0, "price_1m_output_tokens": 0},
        },
        {"id": "3"},
    ],
}  # fmt: skip


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def by_model(table):
    return {row.model: row for row in table.rows}


def test_a_board_of_epoch_ai(importing):
    """Fractions become points, and that is said; a cell of several lines is one row."""
    found = importing(EPOCH, unit="points", chance=25)
    rows = by_model(found.table)
    assert rows["gpt-5.2-2025-12-11_xhigh"].score == pytest.approx(91.4)
    assert rows["gpt-5.2-2025-12-11_xhigh"].score_se == pytest.approx(1.8)
    assert rows["glm-4.7"].released == dt.date(2025, 12, 22)
    assert rows["glm-4.7"].known_on == dt.date(2026, 1, 29)
    assert rows["glm-5"].developer == "Z.ai (Zhipu AI)"
    assert rows["glm-5"].open_weights is None  # the file does not say it, and a name says nothing
    assert found.table.licence == "CC BY 4.0"
    assert "Epoch AI" in found.table.source
    assert any("times 100" in note for note in found.notes)
    assert found.refused == found.flagged == ()


@pytest.mark.parametrize("packed", [True, False])
def test_the_archive_of_epoch_ai_says_scale_chance_and_who_is_open(importing, packed):
    files = {
        "benchmark_metadata.csv": BENCHMARKS, "model_metadata.csv": MODELS, "gpqa_diamond.csv": EPOCH, "README.md": "# Read",
        "aider_polyglot_external.csv": AIDER, "epoch_capabilities_index/eci_scores.csv": ECI,
    }  # fmt: skip
    archive = {"benchmark_data.zip": zipped(**files)}["benchmark_data.zip"] if packed else files
    gpqa = importing(archive, name="gpqa", file="benchmark_data.zip")
    assert (gpqa.table.unit, gpqa.table.chance, gpqa.table.title) == ("points", 25.0, "GPQA diamond")
    rows = by_model(gpqa.table)
    assert [rows[m].open_weights for m in ("gpt-5.2-2025-12-11_xhigh", "glm-4.7", "glm-5")] == [False, True, None]
    aider = importing(archive, name="mine", file="benchmark_data.zip", board="aider")
    rows = by_model(aider.table)
    assert rows["glm-4.7"].score == 0.9  # percent already, says the archive
    assert rows["glm-4.7"].released == dt.date(2025, 12, 22)
    eci = importing(archive, name="eci", file="benchmark_data.zip")
    assert (eci.table.unit, eci.table.chance, eci.table.size) == ("index", None, 2)


def test_a_board_has_to_be_named_where_several_are_there(importing):
    files = {"gpqa_diamond.csv": EPOCH, "gpqa_main.csv": EPOCH, "eci_scores.csv": ECI}
    with pytest.raises(InputError, match=r"2 boards could be 'gpqa': gpqa_diamond, gpqa_main") as error:
        importing(files, name="gpqa", unit="points", chance=25)
    assert "--board gpqa_diamond" in error.value.remedy
    with pytest.raises(InputError, match="3 boards could be 'mine'"):
        importing(files, name="mine", unit="points", chance=25)
    with pytest.raises(InputError, match="there is no such board") as error:
        importing(files, name="mine", board="gpqa_diamont")
    assert "Did you mean 'gpqa_diamond'?" in error.value.remedy


def test_the_index_of_epoch_ai_has_intervals_of_90_percent(importing):
    rows = by_model(importing(ECI).table)
    assert rows["GPT-6 Astra"].score_se == pytest.approx((172.03 - 163.0) / (2 * 1.644854))
    assert (rows["GPT-6 Astra"].open_weights, rows["DeepSeek V4"].open_weights) == (False, True)


def test_the_index_as_it_was_has_a_row_for_each_version_of_a_model(importing):
    found = importing(OLD_ECI)
    assert {m: r.score for m, r in by_model(found.table).items()} == {"Big": 160.0, "Small": 140.5}
    assert found.flagged == ()
    assert any("1 rows repeat" in note for note in found.notes)


def as_parquet(text, **more):
    import polars

    rows = list(csv.DictReader(io.StringIO(text)))
    frame = polars.DataFrame([{**row, **more} for row in rows])
    numbers = [polars.col(c).cast(polars.Float64) for c in ("rating", "rating_lower", "rating_upper")]
    content = io.BytesIO()
    frame.with_columns(*numbers, polars.col("leaderboard_publish_date").str.to_date()).write_parquet(content)
    return content.getvalue()


@pytest.mark.parametrize("content", [ARENA, as_parquet(ARENA)], ids=["csv", "parquet"])
def test_editions_of_lmarena_the_last_of_each_month(importing, content):
    table = importing(content, name="arena", file="latest").table
    assert table.unit == "elo"
    assert table.vintages == (dt.date(2026, 8, 30), dt.date(2026, 9, 13))
    rows = {(row.model, row.vintage.month): row for row in table.rows}
    assert rows["gemini-3.1-pro", 9].score_se == pytest.approx((1489.97 - 1483.65) / (2 * 1.959964))
    assert rows["gemini-3.1-pro", 8].score == 1480.1
    assert rows["gemini-3.1-pro", 9].known_on == dt.date(2026, 8, 30)
    assert [rows[m, 9].open_weights for m in ("gemini-3.1-pro", "gemma-4-31b")] == [False, True]


def test_of_a_parquet_file_with_many_boards_the_overall_one_counts(importing):
    import polars

    overall, coding = polars.read_parquet(as_parquet(ARENA)), polars.read_parquet(as_parquet(ARENA, category="coding"))
    content = io.BytesIO()
    polars.concat([coding, overall]).write_parquet(content)
    found = importing(content.getvalue(), name="arena", file="full.parquet")
    assert found.table.size == 3


def test_without_polars_parquet_says_which_extra_it_needs(importing, monkeypatch):
    import sys

    content = as_parquet(ARENA)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(InputError, match="polars") as error:
        importing(content, file="latest.parquet")
    assert "meekcast[evidence]" in error.value.remedy


def test_an_old_board_of_lmarena_has_no_dates(importing):
    text = "rank,model,arena_score,95_pct_ci,votes,organization,license\n1,GPT-4o-2024-05-13,1287,+3/-3,42046,OpenAI,Proprietary\n"
    with pytest.raises(InputError, match="no date") as error:
        importing(text, name="arena")
    assert "--as-of" in error.value.remedy
    found = importing(text, name="arena", as_of=dt.date(2024, 6, 19))
    assert [str(row.known_on) for row in found.table.rows] == ["2024-06-19"]
    assert any("known on 2024-06-19" in note for note in found.notes)


def test_the_viewer_of_hugging_face_wraps_rows(importing):
    rows = [
        {"row_idx": i, "row": row, "truncated_cells": []} for i, row in enumerate(csv.DictReader(io.StringIO(ARENA)))
    ]
    assert importing(json.dumps({"features": "many", "rows": rows}), name="arena").table.size == 3


def test_artificial_analysis_has_scores_and_prices(importing):
    text = json.dumps(ANALYSIS)
    index = importing(text, name="aa", file="aa.json", board="intelligence_index")
    rows = by_model(index.table)
    assert (index.table.unit, rows["Claude Fable 5.1"].score, rows["Open One"].score) == ("index", 53.4, 31.0)
    assert rows["Claude Fable 5.1"].cost_per_task == 0.1678
    assert "own use" in index.table.licence
    assert [(p.model, p.input, p.output) for p in index.price_list.rows] == [("Claude Fable 5.1", 10, 50)]
    assert any("price of 0" in str(problem) for problem in index.refused)
    gpqa = importing(text, name="gpqa", file="aa.json", chance=25)
    assert [(row.model, row.score) for row in gpqa.table.rows] == [("Claude Fable 5.1", pytest.approx(93.7))]
    assert any("entry 2" in str(problem) and "no score" in str(problem) for problem in gpqa.refused)


def test_any_table_with_named_columns(importing):
    text = "System;Accuracy (%);Fehler;Release;Open?;Size;USD/task\nBig;87,5;1,25;24.12.2025;no;;0,5\nSmall;61,25;;2026-02-01;yes;8B;0,01\n"
    columns = {
        "model": "System", "score": "Accuracy (%)", "score_se": "Fehler", "date": "Release", "open_weights": "Open?",
        "parameters": "Size", "cost": "USD/task",
    }  # fmt: skip
    found = importing(text, unit="points", chance=0, columns=columns, source="Our lab", licence="CC0", title="Ours")
    big, small = found.table.rows
    assert (big.model, big.score, big.score_se, big.released) == ("Big", 87.5, 1.25, dt.date(2025, 12, 24))
    assert (small.parameters, small.cost_per_task, small.open_weights) == (8e9, 0.01, True)
    assert (found.table.source, found.table.licence, found.table.title) == ("Our lab", "CC0", "Ours")
    assert found.table.benchmark == "exam"


def test_a_list_of_objects_is_a_table(importing):
    rows = [
        {"model": "a", "released": "2026-01-01", "score": 0.5},
        {"model": "b", "released": "2026-02-01", "score": 1},
        7,
    ]
    found = importing(json.dumps(rows), unit="points", chance=0)
    assert [row.score for row in found.table.rows] == [50, 100]
    assert "entry 3" in str(found.refused[0])


def test_meekcasts_own_table_comes_back_as_it_was(importing):
    text = (
        "model,developer,released,known_on,score,score_se,open_weights,parameters,cost_per_task\n"
        '"Big, 1",Lab,2024-01-01,,60.25,,no,,\nsmall,Lab,2024-02-01,2024-03-01,40,2.5,yes,8000000000,0.01\n'
    )
    table = importing(text, unit="points", chance=0).table
    assert [row.model_dump(exclude_none=True) for row in table.rows] == [
        {"model": "Big, 1", "developer": "Lab", "released": dt.date(2024, 1, 1), "score": 60.25, "open_weights": False},
        {
            "model": "small", "developer": "Lab", "released": dt.date(2024, 2, 1), "known_on": dt.date(2024, 3, 1), "score": 40.0,
            "score_se": 2.5, "open_weights": True, "parameters": 8e9, "cost_per_task": 0.01,
        },
    ]  # fmt: skip
