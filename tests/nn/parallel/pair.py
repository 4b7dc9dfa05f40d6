"""Two ranks of which one is this process: what the other does is said by the test, so that no process is started."""

import numpy as np

from nn.parallel.group import Group


class Pair(Group):
    """This rank and another one.

    theirs  what the other brings to a meeting, of what this one brings: the same, unless said otherwise
    adds    what the other has in each vector that is added up, one after the other; without it, the same as this one
    met     what this rank has said at its meetings
    """

    size = 2

    def __init__(self, rank=0, theirs=lambda what, brought: brought, adds=None):
        self.rank, self.theirs, self.adds = rank, theirs, None if adds is None else iter(adds)
        self.met = []

    def exchange(self, what, brought):
        self.met.append(what)
        both = [brought, self.theirs(what, brought)]
        return both if self.rank == 0 else both[::-1]

    def total(self, x):
        return 2 * x

    def rows(self, x):
        return np.concatenate([x, x]) if x.ndim else np.array([x, x])

    def start(self, n):
        return self.rank * n

    def add_up(self, flat):
        flat += flat if self.adds is None else np.reshape(next(self.adds), flat.shape)
