"""One file for each library. It offers

NAME      what the table calls it
VERSION   of the library
make(workload, weights, data) -> (step, results), or None where it cannot do the workload

`step()` does one step, to its end; `results()` gives, by name, the weights after it (or, without an optimizer, the
gradients) as arrays.

Where it can be measured function by function, it offers as well

function(row, inputs, data) -> (step, inputs)

`step()` does it forward and backward and gives the value; the inputs, as tensors, have the gradients then.
"""
