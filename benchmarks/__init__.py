"""Speed and memory, side by side with other libraries: `make bench`.

workloads.py     what is measured: the shapes, the data and the weights, the same for every library
libraries/       the same workloads in the words of each library; by_hand.py is NumPy with the derivatives written out
worker.py        runs one library in a process of its own
figures.py       what is not the time of a step: imports, memory, long chains, checkpoints, how costs grow
report.py        the tables and docs/benchmarks.md
plots.py         its pictures
functions.py     functions one by one, the same in every library
side_by_side.py  the table of them: `make bench-functions`
primitives.py    each primitive by itself, with pytest-benchmark: `make bench-primitives`
ranks.py         training on several processes, ranks_torch.py the same in PyTorch: `make bench-ranks`
blocks.py        learning from more data than memory holds: `python benchmarks/blocks.py`
__main__.py      starts the workers, checks every result against by_hand.py in float64, and times them in turns
"""
