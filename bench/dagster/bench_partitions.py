"""Case partitions: the state of an asset with many hourly partitions, every second of which was made.

  partitions/write         one materialization a call, outside of runs (300 calls)
  partitions/status/cold   the state of all partitions, for the first time
  partitions/status/warm   again: nothing has changed
  partitions/status/event  again after one more materialization

The state is what Dagster's pages and its daemon take the counts from: the subset that it keeps in the asset's row. Rows
beyond those written by calls are copied within the database, as calls would take most of an hour.
"""

import contextlib
import datetime
import sqlite3
from pathlib import Path

from harness import Watch, dagster_home, emit

CALLS = 300
START = datetime.datetime(2010, 1, 1)


def hour(n):
    return (START + datetime.timedelta(hours=n)).strftime("%Y-%m-%d-%H:%M")


def state(instance, asset, definition):
    from dagster import AssetKey
    from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

    with Watch() as watch:
        cached = get_and_update_asset_status_cache_value(instance, AssetKey(asset), definition)
        count = len(cached.deserialize_materialized_partition_subsets(definition))
    return watch, count


def copy_rows(home, asset, partitions):
    """Write materializations as the last one was written by a call, but for the partition."""
    with contextlib.closing(sqlite3.connect(Path(home, "history", "runs", "index.db"))) as db, db:
        db.row_factory = sqlite3.Row
        last = db.execute(
            "SELECT * FROM event_logs WHERE asset_key = ? ORDER BY id DESC LIMIT 1", (f'["{asset}"]',)
        ).fetchone()
        names = [name for name in last.keys() if name != "id"]
        insert = f"INSERT INTO event_logs ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        for key in partitions:
            row = dict(last)
            row["event"] = row["event"].replace(row["partition"], key)
            row["partition"] = key
            db.execute(insert, [row[name] for name in names])


def one_size(n, repeat):
    import dagster as dg

    definition = dg.HourlyPartitionsDefinition(hour(0), end_date=hour(n))
    wanted = [hour(i) for i in range(0, n, 2)]
    with dagster_home() as home, dg.DagsterInstance.get() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("other", partition="x"))
        with Watch() as watch:
            for key in wanted[:CALLS]:
                instance.report_runless_asset_event(dg.AssetMaterialization("hours", partition=key))
        calls = min(CALLS, len(wanted))
        emit("partitions/write", n, [calls / watch.wall], "events/s")
        emit("partitions/write/cpu", n, [watch.cpu / calls * 1e6], "cpu us/event")
        copy_rows(home, "hours", wanted[CALLS:])

        watch, count = state(instance, "hours", definition)
        assert count == len(wanted), (count, len(wanted))
        emit("partitions/status/cold", n, [watch.wall * 1e3], "ms")
        emit("partitions/status/cold/cpu", n, [watch.cpu * 1e3], "cpu ms")
        warm = [state(instance, "hours", definition)[0] for _ in range(repeat)]
        emit("partitions/status/warm", n, [w.wall * 1e3 for w in warm], "ms")
        emit("partitions/status/warm/cpu", n, [w.cpu * 1e3 for w in warm], "cpu ms")
        after = []
        for i in range(repeat):
            key = hour(2 * i + 1)
            instance.report_runless_asset_event(dg.AssetMaterialization("hours", partition=key))
            watch, count = state(instance, "hours", definition)
            assert count == len(wanted) + i + 1
            after.append(watch)
        emit("partitions/status/event", n, [w.wall * 1e3 for w in after], "ms")
        emit("partitions/status/event/cpu", n, [w.cpu * 1e3 for w in after], "cpu ms")


def main(every, repeat=5):
    for n in (1000, 10_000, 100_000) if every else (1000, 10_000):
        one_size(n, repeat)
