"""Dagster assets over a graph of dags.py."""

import dagster as dg


def node_name(i):
    return f"n{i}"


def asset_list(deps, **options):
    """One asset per node; each returns 1 + the sum of what it reads.

    `options` go to every asset; one that is callable is called with the node's index.
    """
    assets = []
    for i, ups in enumerate(deps):
        chosen = {k: v(i) if callable(v) else v for k, v in options.items()}

        @dg.asset(
            name=node_name(i),
            ins={node_name(u): dg.AssetIn(node_name(u)) for u in ups},
            **chosen,
        )
        def node(**inputs):
            return 1 + sum(inputs.values())

        assets.append(node)
    return assets
