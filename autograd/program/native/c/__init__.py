"""Kernels in C, where a compiler is found. From the bottom up:

    compiler        C as functions that ctypes calls
    functions       exp, log, ... that become vectors (functions.c)
    patterns        nests that are better done by functions of their own
    source          kernels as C
    convolution     convolution and max-pooling in the place of the engine's (convolution.c, kernels.c, pooling.c)
    rows            sums of rows that an index names, in the place of the engine's (rows.c)
    backend         what the others ask for

Products of small matrices are in products.c. vectors.c, which some of these begin with, says how long vectors are.
"""
