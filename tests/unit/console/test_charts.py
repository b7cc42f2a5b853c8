"""What charts promise, whatever the values: inside their box, in proportion, whole, and legible."""

from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.console.charts.columns import Column, Columns, columns
from roundsman.console.charts.heat import heat
from roundsman.console.charts.labels import NARROW, WIDE, Label
from roundsman.console.charts.sankey import Flow, Sankey, sankey
from roundsman.console.charts.sparkline import sparkline
from roundsman.money import grouped

NAMES = ["newcomers", "new", "onboarded", "active", "engaged", "inactive", "churned", "नया"]
COUNTS = st.integers(0, 10**7)
WIDTHS = st.sampled_from([WIDE, NARROW])
FLOWS = st.lists(
    st.builds(Flow, st.sampled_from(NAMES), st.sampled_from(NAMES), COUNTS),
    unique_by=lambda flow: (flow.before, flow.after),
)
DAYS = st.lists(st.integers(-(10**7), 10**7), max_size=62).map(
    lambda values: [Column(f"{n % 30 + 1} Nov", one, grouped(one)) for n, one in enumerate(values)]
)
SLACK = 1e-6


def is_inside(edges: Iterable[float], length: float) -> bool:
    """Whether all lie between nought and the length."""
    return all(-SLACK <= edge <= length + SLACK for edge in edges)


def assert_legible(labels: Sequence[Label], chart: Columns | Sankey) -> None:
    """No label overlaps another or leaves the box."""
    assert not any(a.box.meets(b.box) for a, b in combinations(labels, 2))
    for box in (label.box for label in labels):
        assert is_inside([box.left, box.right], chart.width)
        assert is_inside([box.top, box.bottom], chart.height)


@given(st.lists(COUNTS, max_size=100))
def test_a_sparkline_rises_from_nought_in_proportion(values: list[int]) -> None:
    chart = sparkline(values)
    base = chart.height - 2
    drawn = [base - y for _, y in chart.points]
    assert is_inside([x for x, _ in chart.points], chart.width)
    assert is_inside(drawn, chart.height - 4)
    most = max(values, default=0)
    expected = values * 2 if len(values) == 1 else values
    assert drawn == pytest.approx([one / (most or 1) * (base - 2) for one in expected])
    if values:
        assert (chart.points[0][0], chart.points[-1][0]) == pytest.approx((0, chart.width))
    else:
        assert chart.line == chart.area == ""


@given(DAYS, WIDTHS)
def test_columns_are_as_high_as_their_values_and_stay_inside(values: list[Column], width: float) -> None:
    chart = columns(values, width=width)
    assert [bar.column for bar in chart.bars] == values
    most = max((abs(one.value) for one in values), default=0)
    highest = max((bar.height for bar in chart.bars), default=0)
    assert not any(a.box.meets(b.box) for a, b in pairwise(chart.bars))
    for bar in chart.bars:
        assert is_inside([bar.box.left, bar.box.right], width)
        assert is_inside([bar.box.top, bar.box.bottom], chart.height - 16)
        assert bar.height * most == pytest.approx(abs(bar.column.value) * highest)
        assert chart.base == pytest.approx(bar.box.bottom if bar.column.value >= 0 else bar.box.top)
    assert_legible(chart.labels, chart)
    assert all(not label.box.meets(bar.box) for label in chart.labels for bar in chart.bars)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=62), WIDTHS)
def test_the_number_of_the_highest_column_and_the_first_day_are_always_there(values: list[int], width: float) -> None:
    days = [Column(f"{n + 1} Nov", one, grouped(one)) for n, one in enumerate(values)]
    said = {label.text for label in columns(days, width=width).labels}
    assert {"1 Nov", grouped(max(values))} <= said


def test_a_few_columns_each_have_their_name_and_number() -> None:
    days = [Column(f"{day} Nov", value, f"₹{value}") for day, value in ((1, 500), (2, 0), (3, -120))]
    said = [label.text for label in columns(days, width=NARROW).labels]
    assert sorted(said) == sorted([one.name for one in days] + [one.said for one in days])


@given(FLOWS, WIDTHS, st.sampled_from([1, 2]))
def test_what_flows_leaves_whole_and_arrives_whole(flows: list[Flow], width: float, lines: int) -> None:
    chart = sankey(flows, order=NAMES[:7], width=width, lines=lines)
    assert {ribbon.flow for ribbon in chart.ribbons} == {flow for flow in flows if flow.count}
    total = sum(flow.count for flow in flows)
    thickness = sum(ribbon.thickness for ribbon in chart.ribbons)
    for ribbon in chart.ribbons:
        assert ribbon.thickness * total == pytest.approx(ribbon.flow.count * thickness)
    for node in chart.before:
        ends = [(one.leaves, one.thickness) for one in chart.ribbons if one.flow.before == node.name]
        assert_filled(node.y, node.height, ends)
    for node in chart.after:
        ends = [(one.arrives, one.thickness) for one in chart.ribbons if one.flow.after == node.name]
        assert_filled(node.y, node.height, ends)


def assert_filled(top: float, height: float, ends: list[tuple[float, float]]) -> None:
    """The ends of the ribbons cover the node from its top to its bottom, one below the other."""
    for end, thickness in sorted(ends):
        assert end == pytest.approx(top, abs=1e-6)
        top, height = top + thickness, height - thickness
    assert height == pytest.approx(0, abs=1e-6)


@given(FLOWS, WIDTHS, st.sampled_from([1, 2]))
def test_nodes_of_a_sankey_stand_in_order_inside_and_are_all_named(flows: list[Flow], width: float, lines: int) -> None:
    chart = sankey(flows, order=NAMES[:7], width=width, lines=lines)
    for side in (chart.before, chart.after):
        names = [node.name for node in side]
        assert names == sorted(names, key=NAMES.index)
        assert is_inside([edge for node in side for edge in (node.y, node.y + node.height)], chart.height)
        assert is_inside([edge for node in side for edge in (node.x, node.x + node.width)], chart.width)
        for node in side:
            assert " ".join(label.text for label in node.labels) == f"{node.name} {grouped(node.count)}"
    assert_legible([label for node in (*chart.before, *chart.after) for label in node.labels], chart)
    assert all(ribbon.left < ribbon.right for ribbon in chart.ribbons)


def test_nothing_to_draw_is_no_shape() -> None:
    for flows in ([], [Flow("new", "active", 0)]):
        chart = sankey(flows, order=NAMES)
        assert (chart.before, chart.after, chart.ribbons) == ((), (), ())
    assert (columns([]).bars, columns([]).labels) == ((), ())


@given(st.floats(0, 100), st.floats(0, 100))
def test_more_heat_is_a_higher_class(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert "h0" <= heat(low) <= heat(high) <= "h4"
    assert (heat(low) == "h0") == (low == 0)


def test_the_classes_of_heat_are_quarters() -> None:
    assert [heat(one) for one in (None, 0, 0.1, 24.9, 25, 50, 75, 100)] == [
        "h0",
        "h0",
        "h1",
        "h1",
        "h2",
        "h3",
        "h4",
        "h4",
    ]
