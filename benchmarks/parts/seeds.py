"""The sampler at ten seeds: every card that is sampled, and the default card as of every third origin of a backtest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from measuring import Row, in_process, median, seconds

DEFAULT, SEEDS, QUARTER = "leaderboard", 10, 3
AIM = "r-hat < 1.01, none divergent"


def posteriors() -> list[tuple[str, str | None]]:
    """Card and date of each; None for all its evidence."""
    from meekcast.backtests.targets import targets
    from meekcast.cards import library
    from meekcast.inputs import gather

    cards = [name for name in library.names("models") if gather(name).data]
    origins = sorted({str(target.origin) for target in targets(gather(DEFAULT))[0]})[::QUARTER]
    return [*((name, None) for name in cards), *((DEFAULT, origin) for origin in origins)]


def fitted(card: str, date: str | None) -> list[dict[str, Any]]:
    """Verdicts at all seeds, compiled before the clock starts."""
    import datetime as dt

    from parts.sampler import ours

    from meekcast.inference.diagnostics import judge
    from meekcast.inputs import gather

    inputs = gather(card) if date is None else gather(card).at(dt.date.fromisoformat(date))
    found = []
    for seed in range(SEEDS):
        chains, spent = ours(inputs, seed)
        found.append({**judge(chains, "nutpie").as_dict(), "spent": spent})
    return found


def rows(repeats: int) -> Iterator[Row]:
    """One posterior a row: the least effective draws of the worst variable, and the worst of all verdicts."""
    for card, date in in_process("parts.seeds:posteriors"):
        fits = in_process("parts.seeds:fitted", card, date)
        sizes = sorted(min(fit["ess_bulk_min"], fit["ess_tail_min"]) for fit in fits)
        worst = f"r-hat up to {max(fit['r_hat_max'] for fit in fits):.3f}, "
        worst += f"{sum(fit['divergences'] for fit in fits)} divergent, "
        worst += f"E-BFMI down to {min(fit['bfmi_min'] for fit in fits):.2f}, "
        worst += f"{sum(fit['status'] == 'ok' for fit in fits)} of {SEEDS} ok, "
        steps = sorted(fit["steps_per_draw"] for fit in fits)[SEEDS // 2]
        beside = f"{worst}{steps:.0f} steps a draw, {median(seconds(fits)).cpu:.1f} CPU s"
        what = f"ESS of {card}" + (f" as of {date}" if date else "")
        yield Row(what, AIM, f"{sizes[0]:.0f}", f"{sizes[SEEDS // 2]:.0f}", SEEDS, beside)
