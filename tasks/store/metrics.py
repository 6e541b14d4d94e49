"""Figures for a monitor, in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

Labels = Mapping[str, str]
DAY = timedelta(days=1)
# Older news than this at the first sight of a feed is its history, not a delay.
LONGEST_DELAY = timedelta(hours=6)


def metrics(connection: duckdb.DuckDBPyConnection, now: datetime) -> str:
    """The text: articles, entries by state and reason, queue, feeds by health, attempts and delays of the last day."""

    def rows(sql: str, *values: object) -> list[tuple[object, ...]]:
        return connection.execute(sql, list(values)).fetchall()

    since = now - DAY
    delays = rows(
        "SELECT quantile_cont(d, 0.5), quantile_cont(d, 0.95), count(*), sum(d) FROM (SELECT epoch(first_seen_at - published_at) "
        "AS d FROM articles WHERE first_seen_at >= ? AND published_precision = 'time' AND published_at <= first_seen_at "
        "AND first_seen_at - published_at < to_seconds(?))",
        since, LONGEST_DELAY.total_seconds(),
    )[0]  # fmt: skip
    blocks = [
        _metric("articles", "gauge", "Articles in the store", [({}, rows("SELECT count(*) FROM articles")[0][0])]),
        _metric(
            "entries",
            "gauge",
            "Entries by state and reason",
            [
                ({"state": str(state), "reason": str(reason)}, count)
                for state, reason, count in rows("SELECT state, reason, count(*) FROM entries GROUP BY ALL ORDER BY ALL")
            ],
        ),
        _metric(
            "queue_length",
            "gauge",
            "Entries that wait to be worked off",
            [({}, rows("SELECT count(*) FROM entries WHERE state = 'pending'")[0][0])],
        ),
        _metric(
            "feeds",
            "gauge",
            "Feeds by health",
            [
                ({"health": str(health)}, count)
                for health, count in rows("SELECT health, count(*) FROM feed_health GROUP BY ALL ORDER BY ALL")
            ],
        ),
        _metric(
            "attempts",
            "gauge",
            "HTTP attempts of the last 24 hours by kind and reason",
            [
                ({"kind": str(kind), "reason": str(reason)}, count)
                for kind, reason, count in rows(
                    "SELECT kind, reason, count(*) FROM fetches WHERE started_at >= ? GROUP BY ALL ORDER BY ALL", since
                )
            ],
        ),
        _metric(
            "delay_seconds",
            "summary",
            "From publication to row, articles of the last 24 hours",
            [({"quantile": "0.5"}, delays[0]), ({"quantile": "0.95"}, delays[1])],
            {"sum": delays[3] or 0, "count": delays[2]},
        ),
        _metric(
            "last_run_timestamp_seconds",
            "gauge",
            "When each flow last ended a run",
            [
                ({"flow": str(flow)}, at)
                for flow, at in rows(
                    "SELECT flow, epoch(max(ended_at)) FROM runs WHERE ended_at IS NOT NULL GROUP BY 1 ORDER BY 1"
                )
            ],
        ),
    ]
    return "".join(blocks)


def write(text: str, target: Path) -> None:
    """Writes the file whole or not at all: a collector reads it at any moment."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(target)


def _metric(
    name: str, kind: str, words: str, samples: Iterable[tuple[Labels, object]], totals: Mapping[str, object] | None = None
) -> str:
    lines = [f"# HELP newsfold_{name} {words}", f"# TYPE newsfold_{name} {kind}"]
    for labels, value in samples:
        if value is not None:
            text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
            lines.append(f"newsfold_{name}{f'{{{text}}}' if text else ''} {value}")
    lines += [f"newsfold_{name}_{part} {value}" for part, value in (totals or {}).items()]
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
