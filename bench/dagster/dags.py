"""The graphs that the cases run on: lists in which entry i holds the indexes that node i reads.

They hold no Dagster type and no library's random numbers, so that another language builds the
same graphs from the same seed: `python dags.py` prints the checksums that ../internal/dags tests.
"""

MASK = (1 << 64) - 1
SEED = 42


class SplitMix64:
    """The public-domain generator of Steele, Lea and Flood; also Java's SplittableRandom."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        """A number in [0, bound), by remainder: the bias does not matter here."""
        return self.next() % bound


def chain(n):
    """Node i reads node i-1."""
    return [[i - 1] if i else [] for i in range(n)]


def fan(n):
    """Node 0 feeds nodes 1..n-2, node n-1 reads all of those."""
    return [[]] + [[0] for _ in range(n - 2)] + [list(range(1, n - 1))]


def layered(n, seed=SEED):
    """Layers of n/10 nodes (at most 1000); each node draws two of the layer above.

    Both draws are made, in node order, even when they hit the same node; the pair is then
    de-duplicated and sorted. So a node has 1 or 2 dependencies, the top layer none.
    """
    width = max(1, min(n // 10, 1000))
    random = SplitMix64(seed)
    deps = []
    for i in range(n):
        above = (i // width - 1) * width
        if above < 0:
            deps.append([])
            continue
        a, b = above + random.below(width), above + random.below(width)
        deps.append(sorted({a, b}))
    return deps


SHAPES = {"chain": chain, "fan": fan, "layered": layered}


def checksum(deps):
    """FNV-1a (64 bit) over the text '0:|1:0|2:0,1|...': equal graphs give equal numbers."""
    value = 0xCBF29CE484222325
    text = "".join(f"{i}:{','.join(map(str, d))}|" for i, d in enumerate(deps))
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return f"{value:016x}"


if __name__ == "__main__":
    for shape, build in SHAPES.items():
        for size in (10, 100, 1000, 10_000):
            graph = build(size)
            print(shape, size, "edges", sum(map(len, graph)), "fnv1a", checksum(graph))
