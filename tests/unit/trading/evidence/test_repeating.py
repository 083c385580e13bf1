"""The root of the log right after an entry, from the proof of that entry in a longer log."""

from __future__ import annotations

from signing import merkle
from trading.evidence.repeating import root_until


def test_a_proof_gives_the_root_of_the_log_that_ended_with_its_entry() -> None:
    leaves = [merkle.leaf_hash(bytes([each])) for each in range(37)]
    nodes: dict[tuple[int, int], bytes] = {}
    for place, leaf in enumerate(leaves):
        made = merkle.append_nodes(place, leaf, lambda *at: nodes[at])
        nodes.update({(level, index): node for level, index, node in made})
    for size in range(1, len(leaves) + 1):
        for place in range(size):
            proof = merkle.inclusion_proof(place, size, lambda *at: nodes[at])
            root = root_until(place, size, leaves[place], tuple(proof))
            assert root == merkle.root(leaves[: place + 1]), (place, size)
