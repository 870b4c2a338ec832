"""Machine code that is kept: the density of PyMC's own graph, taken only where it is what it was, from a private place."""

import os
import shutil

import numpy as np
import pytest

from meekcast import cache
from meekcast.cards import library
from meekcast.errors import OutputError
from meekcast.inference import compiling, machine_code
from meekcast.inference.compiling import compiled
from meekcast.inference.numbers import numbers, pack, structure
from meekcast.inference.sampler import Settings, Silent, sample
from meekcast.inputs import Override, gather

CARDS = [name for name in library.names("models") if gather(name).data]


class Told(Silent):
    """What a user is told."""

    def __init__(self):
        self.steps = []

    def step(self, text):
        self.steps.append(text)


@pytest.fixture(scope="module")
def code_folder(leaderboard_inputs):
    """The session's folder of code, with that of one card in it."""
    compiled(leaderboard_inputs, Silent())
    return cache.folder() / "code"


@pytest.fixture
def elsewhere(code_folder, tmp_path, monkeypatch):
    """A cache of a test's own, with a copy of that code, as another process would find it."""
    monkeypatch.setenv("MEEKCAST_CACHE", str(tmp_path))
    monkeypatch.setattr(compiling, "_ready", {})
    folder = tmp_path / "code"
    folder.mkdir(mode=0o700)
    for file in code_folder.iterdir():
        shutil.copy(file, folder)
    return folder


def check_density(inputs, mode):
    """Hold kept code against PyMC's own functions, at points near the middle of the prior and far from it."""
    from meekcast.inference.graph import build

    model, code, vector = build(inputs), compiled(inputs, Silent()), pack(numbers(inputs))
    log_density, slope = model.compile_logp(mode=mode), model.compile_dlogp(mode=mode)
    ends = np.cumsum([int(np.prod(shape)) for shape in code.shapes.values()])[:-1]
    for seed, spread in ((0, 0.1), (1, 0.5), (2, 1.0)):
        point = spread * np.random.default_rng(seed).standard_normal(code.size)
        parts = dict(zip(code.shapes, np.split(point, ends), strict=True))
        found, gradient = code.density(vector, point), slope(parts)
        assert found.value == pytest.approx(float(log_density(parts)), rel=1e-12)
        np.testing.assert_allclose(found.gradient, gradient, rtol=1e-9, atol=1e-9 * abs(gradient).max())


def test_density_and_gradient_are_pymcs(leaderboard_inputs):
    check_density(leaderboard_inputs, "FAST_COMPILE")


@pytest.mark.slow
@pytest.mark.parametrize("name", CARDS)
def test_density_and_gradient_of_every_card_are_pymcs(name):
    inputs = gather(name)
    # Python has no operation of more than 32 operands
    plain = len(inputs.card.followers) == 1 and inputs.card.discrepancy != "boards"
    check_density(inputs, "FAST_COMPILE" if plain else None)


def test_code_that_was_kept_is_loaded_without_compiling_and_gives_the_same_bits(leaderboard_inputs, elsewhere):
    here = machine_code.kept(machine_code.name_of(structure(leaderboard_inputs)))
    told = Told()
    found = compiled(leaderboard_inputs, told)
    assert told.steps == []
    vector, point = pack(numbers(leaderboard_inputs)), np.linspace(-1, 1, found.size)
    for density in (here.density(vector, point), found.density(vector, point)):
        assert density.value == found.density(vector, point).value
        np.testing.assert_array_equal(density.gradient, found.density(vector, point).gradient)


def test_the_same_code_serves_a_parameter_that_is_fixed(leaderboard_inputs, elsewhere):
    fixed = gather("mmlu-pro-alone", overrides=[Override.read("g_price=2.5"), Override.read("alpha=0.155")])
    assert structure(fixed) == structure(leaderboard_inputs)
    told = Told()
    sampled = sample(fixed, Settings(chains=2, draws=100, tune=200), told)
    assert told.steps == ["sampling"]
    scores = sampled["posterior"]["scores"].to_numpy().reshape(200, -1)
    values = fixed.belief.values(scores[:, fixed.belief.places].T)
    assert (values["g_price"] == 2.5).all()
    assert values["mmlu_pro_noise"].std() > 0


def name_here(inputs):
    return machine_code.name_of(structure(inputs))


def test_damaged_code_is_as_good_as_none(leaderboard_inputs, elsewhere):
    (file,) = (f for f in elsewhere.iterdir() if name_here(leaderboard_inputs) in f.name)
    whole = file.read_bytes()
    for damaged in (whole[:1000], b"", whole[:-1] + b"x", b"x" * 5000):
        file.write_bytes(damaged)
        assert machine_code.kept(name_here(leaderboard_inputs)) is None
    file.write_bytes(whole)
    assert machine_code.kept(name_here(leaderboard_inputs)) is not None


@pytest.mark.parametrize("key", ["value", "gradient", "logp external", "names"])
def test_code_that_does_not_give_what_the_compiler_gave_is_as_good_as_none(leaderboard_inputs, elsewhere, key):
    import io

    name = name_here(leaderboard_inputs)
    with np.load(io.BytesIO(cache.read(name, "code"))) as stored:
        entry = dict(stored)
    assert entry[key].size
    other = {"value": entry["value"] + 1e-9, "gradient": -entry["gradient"]}
    entry[key] = other.get(key, np.array(["no_such_name"]))
    content = io.BytesIO()
    np.savez(content, **entry)
    cache.keep(name, content.getvalue(), "code")
    assert machine_code.kept(name) is None


def test_code_of_another_version_or_processor_has_another_name(leaderboard_inputs, monkeypatch):
    from llvmlite import binding

    before = name_here(leaderboard_inputs)
    with monkeypatch.context() as patch:
        patch.setattr(cache, "versions", lambda: {"pymc": "0.0"})
        assert name_here(leaderboard_inputs) != before
    machine_code._machine.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(binding, "get_host_cpu_name", lambda: "another")
        assert name_here(leaderboard_inputs) != before
    machine_code._machine.cache_clear()
    assert name_here(leaderboard_inputs) == before


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners of files here")
def test_code_is_kept_and_taken_only_where_no_one_else_can_look(leaderboard_inputs, elsewhere):
    name = name_here(leaderboard_inputs)
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    for mode in (0o755, 0o770, 0o701):
        elsewhere.chmod(mode)
        assert machine_code.kept(name) is None
        with pytest.raises(OutputError, match="is not private") as refused:
            cache.keep("x", b"y", "code")
        assert refused.value.remedy == f"Make it yours alone: chmod 700 {elsewhere}"
    elsewhere.chmod(0o700)
    assert machine_code.kept(name) is not None
    elsewhere.rename(elsewhere.with_name("moved"))
    elsewhere.symlink_to("moved")
    assert machine_code.kept(name) is None


@pytest.mark.long
def test_a_cache_that_cannot_be_written_costs_nothing_but_time(leaderboard_inputs, elsewhere, monkeypatch):
    """The plain way, and the user is told."""
    for file in elsewhere.iterdir():
        file.unlink()
    elsewhere.chmod(0o755)
    told = Told()
    found = compiled(leaderboard_inputs, told)
    assert found.size == 56
    assert told.steps[0].startswith("compiling the model")
    assert "is not kept for next time" in told.steps[1]
    assert f"chmod 700 {elsewhere}" in told.steps[1]
