"""In how many ways an automaton can read one text: what a backtracking matcher tries before it gives up.

Over all texts of length n that number is bounded, or grows as a power of n, or exponentially (Weber and
Seidl, On the degree of ambiguity of finite automata, 1991). It is exponential if a state in a loop can read
one text in two ways from itself back to itself. Else its degree is how often, on one path, a loop hands over
to another at any time: p reads a text v to itself, v also leads from p to q, and q reads v to itself. The
work is one power higher, since the ways are followed at each length.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from paramrules.regex import limits
from paramrules.regex.automaton import BEGINNING, Automaton

Vertex = TypeVar("Vertex", bound=Hashable)


class Entangled(Exception):  # noqa: N818  ends a search, and is turned into a finding by the caller
    """Looking for a bad worst case took more steps than the limit."""


class Ambiguity:
    """The questions about one automaton.

    With `failing`, states after which nothing can fail are left out: a matcher never comes back to them.
    """

    def __init__(self, automaton: Automaton, *, failing: bool) -> None:
        self.automaton = automaton
        self.labels = automaton.labels
        self.steps = 0
        safe = _safe(automaton) if failing else set()
        self.edges = {
            state: {s: ways for s, ways in edges.items() if s not in safe and self.labels[s]}
            for state, edges in enumerate(automaton.edges)
            if state not in safe
        }
        # A component is a loop with all loops inside it, or a single state; the earlier ones come first.
        self.components = components(self.edges)[::-1]
        self.component = {s: number for number, states in enumerate(self.components) for s in states}

    def exponential(self) -> int | None:
        """A state of a loop that reads one text in two ways, or None."""
        return next((states[0] for states in self.components if self._splits_and_meets(states)), None)

    def chain(self) -> tuple[int, ...]:
        """One state of each loop on a path along which the most loops hand over to the next."""
        loops = [
            states
            for states in self.components
            if states[0] in self._inside(states).get(states[0], ()) or len(states) > 1
        ]
        best: list[tuple[int, ...]] = []
        after: list[set[int]] = []
        for loop in loops:
            chains: list[tuple[int, ...]] = [(loop[0],)]
            for earlier, chain, reached in zip(loops, best, after, strict=False):
                self.steps += 1
                if loop[0] in reached:
                    chains.append((*chain, loop[0]) if self._hands_over(earlier, loop, reached) else chain)
            best.append(max(chains, key=len))
            after.append(self._reached(loop[0]))
        return max(best, key=len, default=())

    def ways(self) -> int:
        """At most how many ways there are to one state, those aside that go round a loop at another time."""
        active = self._active()
        entries: list[list[tuple[int, int, int]]] = [[] for _ in self.components]
        for source, edges in self.edges.items():
            for target, ways in edges.items():
                if self.component[target] != self.component[source]:
                    entries[self.component[target]].append((source, target, ways))
        bound = {BEGINNING: 1}
        for states, inward in zip(self.components, entries, strict=True):
            most = int(BEGINNING in states)
            for source, target, _ in inward:
                together = 0
                for other, beside, ways in inward:
                    at_once = source == other or (min(source, other), max(source, other)) in active
                    if at_once and self.labels[target] & self.labels[beside]:
                        together += ways * bound[other]
                most = max(most, together)
                self.steps += len(inward)
                self._keep_going()
            bound |= dict.fromkeys(states, most)
        at_ends = (ways * bound.get(state, 1) for state, ways in self.automaton.ends.items())
        on_edges = (ways for edges in self.automaton.edges for ways in edges.values())
        return max(*bound.values(), *at_ends, *on_edges)

    def _splits_and_meets(self, states: tuple[int, ...]) -> bool:
        """Whether two ways part at some state of a loop, read the same, and come together again."""
        inside = self._inside(states)
        if any(ways > 1 for edges in inside.values() for ways in edges.values()):
            return True
        seen = {pair for edges in inside.values() for pair in self._pairs(edges, edges)}
        todo = list(seen)
        while todo:
            left, right = todo.pop()
            for pair in self._pairs(inside[left], inside[right], equal=True):
                if pair[0] == pair[1]:
                    return True
                if pair not in seen:
                    seen.add(pair)
                    todo.append(pair)
        return False

    def _inside(self, states: tuple[int, ...]) -> dict[int, dict[int, int]]:
        """The edges between these states."""
        inside = set(states)
        return {state: {s: w for s, w in self.edges[state].items() if s in inside} for state in states}

    def _hands_over(self, first: tuple[int, ...], second: tuple[int, ...], reached: set[int]) -> bool:
        """Whether the first loop can hand over to the second at any time.

        Three readers of one text: one stays in the first loop, one goes from it to the second, one stays in
        the second. They hand over if the middle one can catch up with the last, be set back to the first, and
        so on in a circle (Allauzen, Mohri and Rastogi, General algorithms for testing the ambiguity of finite
        automata, 2008).
        """
        stay, go = self._inside(first), self._inside(second)
        if not _all(self.labels, first) & _all(self.labels, second):
            return False
        graph: dict[tuple[int, int, int], list[tuple[int, int, int]]] = {}
        todo = [(p, p, q) for p in first for q in second]
        back = set()
        while todo:
            triple = todo.pop()
            if triple in graph:
                continue
            p, m, q = triple
            after = []
            for r in stay[p]:
                for s in go[q]:
                    both = self.labels[r] & self.labels[s]
                    after += [(r, t, s) for t in self.edges[m] if t in reached and both & self.labels[t]]
                    self.steps += 1 + len(self.edges[m])
            if m == q:
                after.append((p, p, q))
                back.add(triple)
            self._keep_going()
            graph[triple] = after
            todo += after
        return any(
            triple in component and (triple[0], triple[0], triple[2]) in component
            for component in map(set, components(graph))
            for triple in back & component
        )

    def _reached(self, state: int) -> set[int]:
        """The states that can come after this one."""
        seen: set[int] = set()
        todo = [state]
        while todo:
            after = self.edges[todo.pop()].keys()
            self.steps += len(after)
            todo += after - seen
            seen |= after
        return seen

    def _active(self) -> set[tuple[int, int]]:
        """The pairs of different states that one text can lead to."""
        seen = {pair for edges in self.edges.values() for pair in self._pairs(edges, edges)}
        todo = list(seen)
        while todo:
            left, right = todo.pop()
            for pair in self._pairs(self.edges[left], self.edges[right]):
                if pair not in seen:
                    seen.add(pair)
                    todo.append(pair)
        return seen

    def _pairs(
        self, left: Iterable[int], right: Iterable[int], *, equal: bool = False
    ) -> Iterator[tuple[int, int]]:
        """The pairs of states, the lower first, that can take the same character."""
        for a in left:
            for b in right:
                self.steps += 1
                if self.labels[a] & self.labels[b] and (equal or a != b):
                    yield (a, b) if a < b else (b, a)
        self._keep_going()

    def _keep_going(self) -> None:
        if self.steps > limits.STEPS:
            raise Entangled


def components(graph: Mapping[Vertex, Iterable[Vertex]]) -> list[tuple[Vertex, ...]]:
    """The strongly connected components, the later ones first (Tarjan's algorithm, without recursion)."""
    order: dict[Vertex, int] = {}
    low: dict[Vertex, int] = {}
    stack: list[Vertex] = []
    found: list[tuple[Vertex, ...]] = []
    done: set[Vertex] = set()
    for root in graph:
        if root in order:
            continue
        path = [(root, iter(graph[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        while path:
            vertex, after = path[-1]
            for other in after:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    path.append((other, iter(graph[other])))
                    break
                if other not in done:
                    low[vertex] = min(low[vertex], order[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[vertex])
                if low[vertex] == order[vertex]:
                    at = len(stack) - 1
                    while stack[at] != vertex:
                        at -= 1
                    found.append(tuple(stack[at:]))
                    done.update(stack[at:])
                    del stack[at:]
    return found


def _safe(automaton: Automaton) -> set[int]:
    """The states after which the match can end at once, and so after all that follow: no try fails there."""
    safe = set(automaton.open_ends)
    while True:
        unsafe = {state for state in safe if not automaton.edges[state].keys() <= safe}
        if not unsafe:
            return safe
        safe -= unsafe


def _all(labels: list[int], states: Iterable[int]) -> int:
    bits = 0
    for state in states:
        bits |= labels[state]
    return bits
