"""A function of one example, run for all of them at once.

From the bottom up, each importing only what stands before it:

    forms       where the batched form of a function is found
    methods     what such an array does itself
    batched     arrays that hold all examples and look like those of one
    boundary    into a batch and out of it, recorded
    draws       random numbers for each example, or the same for all
    elementwise, reductions, shapes, indexing   NumPy's functions for all examples at once
    products, correlation, linalg, making       more of them
    table       all of these
"""
