"""Case run: n trivial assets in one process, each 1 + the sum of what it reads, values kept in memory.

  run/memory/<shape>   an ephemeral instance
  run/sqlite/<shape>   a SQLite instance in a new folder on disk

Definitions are built before the clock starts; it covers the call that runs them. The console log is off: it
would cost Dagster a third of its time.
"""

from harness import Watch, dagster_home, series

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def memory(shape, n):
    import dagster as dg

    with dg.DagsterInstance.ephemeral() as instance:
        return _run(instance, shape, n)


def sqlite(shape, n):
    import dagster as dg

    with dagster_home(), dg.DagsterInstance.get() as instance:
        return _run(instance, shape, n)


def _run(instance, shape, n):
    import dagster as dg

    import dags
    from definitions import asset_list

    nodes = asset_list(dags.SHAPES[shape](n))
    with Watch() as watch:
        result = dg.materialize(
            nodes, instance=instance, resources={"io_manager": dg.InMemoryIOManager()}, run_config=QUIET
        )
    assert result.success
    events = count_events(instance, result.run_id)
    return {
        "ms_per_step": watch.wall * 1e3 / n,
        "cpu_ms_per_step": watch.cpu * 1e3 / n,
        "events_per_s": events / watch.wall,
        "events": events,
    }


def count_events(instance, run_id):
    """All stored log entries of a run, read page by page."""
    total, cursor = 0, None
    while True:
        page = instance.get_records_for_run(run_id, cursor=cursor, limit=1000)
        total += len(page.records)
        cursor = page.cursor
        if not page.has_more:
            return total


METRICS = {
    "ms_per_step": ("", "ms/step"),
    "cpu_ms_per_step": ("/cpu", "cpu ms/step"),
    "events_per_s": ("/events", "events/s"),
    "events": ("/events/count", "events"),
    "peak_rss_mib": ("/peak_rss", "MiB"),
}


def main(every):
    for store in ("memory", "sqlite"):
        for shape in ("chain", "fan", "layered"):
            one(store, shape, 100, 3)
        for shape in ("chain", "fan", "layered") if every else ("layered",):
            one(store, shape, 1000, 1)


def one(store, shape, n, repeat):
    args = {"shape": shape, "n": n}
    series(f"run/{store}/{shape}", n, f"bench_run:{store}", args, METRICS, repeat)
