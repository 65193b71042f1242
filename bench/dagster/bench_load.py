"""Case load: declare n assets (layered) and build the repository, in a new process: time and peak memory.

The clock starts before `import dagster` and stops when the asset graph is resolved and each asset's parents were
read once. "/process" is the whole process, with starting and ending the interpreter.
"""

import time

from harness import series


def load(n):
    start = time.perf_counter()
    import dagster as dg

    import dags
    from definitions import asset_list

    assets = asset_list(dags.layered(n))
    repository = dg.Definitions(assets=assets).get_repository_def()
    graph = repository.asset_graph
    edges = sum(len(graph.get(key).parent_keys) for key in graph.get_all_asset_keys())
    return {"load_s": time.perf_counter() - start, "edges": edges}


METRICS = {
    "load_s": ("", "s"),
    "wall_s": ("/process", "s"),
    "cpu_s": ("/process/cpu", "cpu s"),
    "peak_rss_mib": ("/peak_rss", "MiB"),
}


def main(every):
    for n in (100, 1000, 10_000) if every else (100, 1000):
        series("load", n, "bench_load:load", {"n": n}, METRICS, repeat=3)
