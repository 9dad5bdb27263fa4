"""Counting in workers, adding up in the supervisor, and the text that Prometheus reads."""

import msgspec
import pytest

from yett.edge.gateway import exposition, metrics
from yett.edge.gateway.exposition import Totals
from yett.edge.gateway.metrics import OTHER, Metrics, Numbers


def carried(numbers: Numbers) -> Numbers:
    """As it arrives in the supervisor."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(numbers), type=Numbers)


def lines(totals: Totals) -> dict[str, float]:
    text = totals.render()
    assert text.endswith("\n")
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if not line.startswith("#")}


def test_a_request_is_counted_in_all_its_families() -> None:
    counted, totals = Metrics(), Totals()
    counted.operation("shop", "createOrder").observe(201, "allow", 0.003, 0.00004, 200, 1_000)
    counted.operation("shop", "createOrder").observe(403, "deny", 20.0, 0.0, 1, 2)
    counted.operation("shop", "createOrder").observe(0, "allow", 0.003, 0.0, 0, 0)
    totals.add(1, carried(counted.take()))
    seen = lines(totals)
    labels = 'service="shop",operation="createOrder"'
    assert seen[f'yett_requests_total{{{labels},status="2xx",verdict="allow"}}'] == 1
    assert seen[f'yett_requests_total{{{labels},status="4xx",verdict="deny"}}'] == 1
    assert seen[f'yett_requests_total{{{labels},status="none",verdict="allow"}}'] == 1
    assert seen[f'yett_request_duration_seconds_bucket{{{labels},le="0.0025"}}'] == 0
    assert seen[f'yett_request_duration_seconds_bucket{{{labels},le="0.005"}}'] == 2
    assert seen[f'yett_request_duration_seconds_bucket{{{labels},le="10"}}'] == 2
    assert seen[f'yett_request_duration_seconds_bucket{{{labels},le="+Inf"}}'] == 3
    assert seen[f"yett_request_duration_seconds_count{{{labels}}}"] == 3
    assert seen[f"yett_request_duration_seconds_sum{{{labels}}}"] == pytest.approx(20.006)
    assert seen[f"yett_request_body_bytes_total{{{labels}}}"] == 201
    assert seen[f"yett_response_body_bytes_total{{{labels}}}"] == 1_002
    assert seen['yett_decision_duration_seconds_bucket{le="2.5e-05"}'] == 2
    assert seen["yett_decision_duration_seconds_count"] == 3
    assert totals.requests() == 3


def test_totals_keep_what_dead_workers_counted() -> None:
    totals = Totals()
    for worker in (1, 2, 1):  # the third one replaces the first
        counted = Metrics()
        counted.operation("shop", "list").observe(200, "allow", 0.01, 0.0, 0, 0)
        counted.counter("yett_things_total", "Things.").value += 2
        counted.gauge("yett_open", "Open.", lambda: 7)
        totals.add(worker, carried(counted.take()))
        totals.add(worker, carried(counted.take()))  # nothing new since
        if worker == 2:
            totals.forget_gauges(worker)
    assert totals.requests() == 3
    assert totals.value("yett_things_total") == 6
    assert totals.value("yett_open") == 7
    assert lines(totals)['yett_open{worker="1"}'] == 7


def test_only_what_was_touched_is_sent() -> None:
    counted = Metrics()
    for number in range(100):
        counted.operation("shop", str(number)).observe(200, "allow", 0.01, 0.0, 0, 0)
    assert len(counted.take().operations) == 100
    counted.operation("shop", "7").observe(200, "allow", 0.01, 0.0, 0, 0)
    taken = counted.take()
    assert [sample.operation for sample in taken.operations] == ["7"]
    assert sum(taken.operations[0].answers) == 1


def test_totals_that_others_keep_and_gauges_whose_labels_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "LABEL_SETS", 2)
    counted, totals = Metrics(), Totals()
    kept, up = [3.0], [("a", 1.0), ("b", 0.0), ("c", 1.0)]
    counted.total("yett_dropped_total", "Dropped.", lambda: kept[0])
    counted.gauges("yett_up", "Up.", lambda: [((("target", name),), value) for name, value in up])
    totals.add(1, carried(counted.take()))
    kept[0] = 5.0
    totals.add(1, carried(counted.take()))
    assert totals.value("yett_dropped_total") == 5
    assert {name for name in lines(totals) if name.startswith("yett_up")} == {
        'yett_up{target="a",worker="1"}',
        'yett_up{target="b",worker="1"}',
    }
    up[:] = [("c", 1.0)]
    totals.add(1, carried(counted.take()))
    assert lines(totals)['yett_up{target="c",worker="1"}'] == 1
    assert 'yett_up{target="a",worker="1"}' not in lines(totals)


def test_rules_are_counted_by_what_was_done() -> None:
    counted, totals = Metrics(), Totals()
    counted.rule("shop", "api-key", True)
    counted.rule("shop", "api-key", True)
    counted.rule("shop", "api-key", False)
    totals.add(1, carried(counted.take()))
    seen = lines(totals)
    assert seen['yett_rule_matches_total{service="shop",rule="api-key",action="enforced"}'] == 2
    assert seen['yett_rule_matches_total{service="shop",rule="api-key",action="monitored"}'] == 1


def test_labels_are_bounded_in_workers_and_in_the_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "LABEL_SETS", 3)
    monkeypatch.setattr(exposition, "_MOST", 6)
    totals = Totals()
    for worker in range(3):
        counted = Metrics()
        for service in range(5):
            for operation in range(worker * 10, worker * 10 + 5):
                counted.operation(str(service), str(operation)).observe(200, "allow", 0.01, 0.0, 0, 0)
                counted.rule(str(service), str(operation), True)
        totals.add(worker, carried(counted.take()))
    assert totals.requests() == 75
    assert totals.value("yett_rule_matches_total") == 75
    seen = lines(totals)
    requests = [name for name in seen if name.startswith("yett_requests_total")]
    assert len(requests) <= 7
    assert any(f'operation="{OTHER}"' in name for name in requests)
    assert len([name for name in seen if name.startswith("yett_rule_matches_total")]) <= 7


def test_label_values_and_help_are_escaped() -> None:
    totals = Totals()
    totals.count("yett_odd_total", "two\nlines \\", (("service", 'a"b\\c\nd'),), 1)
    text = totals.render()
    assert "# HELP yett_odd_total two\\nlines \\\\\n# TYPE yett_odd_total counter\n" in text
    assert 'yett_odd_total{service="a\\"b\\\\c\\nd"} 1\n' in text


def test_families_stand_together_after_their_heads() -> None:
    totals = Totals()
    for service in ("b", "a"):
        totals.count("yett_y_total", "Y.", (("service", service),))
        totals.count("yett_x_total", "X.", (("service", service),))
    names = [line.split()[2] if line.startswith("# TYPE") else "" for line in totals.render().splitlines()]
    assert len([name for name in names if name]) == len({name for name in names if name})


def test_the_supervisor_adds_gauges_of_its_own() -> None:
    assert "# TYPE yett_workers gauge\nyett_workers 2\n" in Totals().render([("yett_workers", "Workers.", (), 2)])
    assert "yett_half 0.5\n" in Totals().render([("yett_half", "Half.", (), 0.5)])
