"""One file for each library. It offers

NAME      what the table calls it
VERSION   of the library
make(workload, weights, data) -> (step, results), or None where it cannot do the workload

`step()` does one step, to its end; `results()` gives, by name, the weights after it (or, without an optimizer, the
gradients) as arrays.
"""
