"""Preferred directions and principal components of units, as figures show them."""

import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import principal_components, unit_preferences


def preferred(*data, **options):
    sources = examples.sources("unit_preferences", data)
    return unit_preferences.prepare(sources, options)


def at(shares, degrees):
    return shares.sel(bin=degrees, method="nearest").item()


def test_shares_are_those_of_units_by_direction():
    found = preferred(examples.preferences(), field_amplitude=0).isel(group=0)
    for epoch in ("acceleration", "deceleration"):
        shares = found["preferred"].sel(epoch=epoch)
        assert shares.sum() == pytest.approx(1)
        assert at(shares, np.degrees(0.1)) == pytest.approx(2 / 3)
        assert at(shares, np.degrees(2.0)) == pytest.approx(1 / 3)
    assert at(found["readout"], np.degrees(-3.0)) == pytest.approx(1)


@pytest.mark.parametrize("turn", [np.pi / 2, -np.pi, 5.0])
def test_directions_beyond_a_turn_are_the_same(turn):
    found = preferred(examples.preferences(turn=turn), field_amplitude=1).isel(group=0)
    degrees = np.degrees(np.angle(np.exp(1j * (2.0 + turn))))
    assert at(found["preferred"].isel(epoch=0), degrees) == pytest.approx(1 / 3)


def test_silent_units_prefer_nothing():
    data = examples.preferences(conditions=(0,))
    data["explained"][:, :, 0, 2] = 0
    found = preferred(data).isel(group=0)
    assert found["preferred"].isel(epoch=0).max() == pytest.approx(1)
    assert found["preferred"].isel(epoch=1).max() == pytest.approx(2 / 3)
    data["explained"][:, 0, :, 2] = 0  # of one network in both epochs
    both = preferred(data)
    assert (found["silent"].item(), both["silent"].item(), both["units"].item()) == (0, 1, 6)
    said = unit_preferences.draw(both, {}).layout.title.subtitle.text.replace("<br>", " ")
    assert "1 of 6 units prefer nothing, and are left out" in said


def test_what_preferred_nothing_before_has_not_turned():
    data = examples.preferences(turn=0.0)
    data["explained"][0, :, :, 2] = 0
    data["change"][1, :, :, 2] = 2.0  # from the angle 0 that stands for none
    shares = preferred(data, field_amplitude=1).isel(group=0)["change"].isel(epoch=0)
    assert at(shares, 1e-6) == pytest.approx(1)


def test_a_change_is_only_shown_where_there_is_one():
    first, second = (preferred(examples.preferences(), field_amplitude=it) for it in (0, 1))
    assert len(unit_preferences.draw(first, {}).layout.annotations) == 2
    figure = unit_preferences.draw(second, {})
    titles = [it.text for it in figure.layout.annotations]
    assert len(titles) == 3 and "turned from the first condition" in titles[2]
    with pytest.raises(UserError, match="2 conditions have all values, not one"):
        preferred(examples.preferences())
    with pytest.raises(UserError, match="0 conditions have field_amplitude = 7, not one"):
        preferred(examples.preferences(), field_amplitude=7)


def composed(*data, **options):
    sources = examples.sources("principal_components", data)
    return principal_components.prepare(sources, options)


def test_explained_variance_is_added_up_and_ends_where_it_is_enough():
    found = composed(examples.components())
    np.testing.assert_allclose(found["explained_mean"].isel(group=0), [0.5, 0.75, 0.875, 1])
    few = composed(examples.components((1.0, 1.0, 1e-9, 1e-12)))
    assert few["components"].values.tolist() == [1, 2]
    both = composed(examples.components((1.0, 1.0)), examples.components())
    assert (
        np.isnan(both["explained_mean"].isel(group=0)).values.tolist() == [False] * 2 + [True] * 2
    )
    principal_components.draw(both, {})


def test_ratios_are_shown_by_condition_and_model():
    data = examples.components(ratios=((2.0, 3.0), (5.0, 7.0)), amplitudes=(0.0, 1.0))
    found = composed(data, data, by="field_amplitude")
    assert found["place"].values.tolist() == ["0", "1"]
    assert found["mean"].values.tolist() == [2.5, 6, 2.5, 6]
    figure = principal_components.draw(found, {})
    named = [it.name for it in figure.data if it.name]
    assert len(named) == len(set(named)) == 2
