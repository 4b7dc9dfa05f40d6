"""numpy.random, whose functions draw numbers that no gradient flows through."""

from numpy.random import *  # noqa: F403
