"""The kernel.

From the bottom up, each importing only what stands before it:

    halves        half precision: stored in 16 bits, computed with in 32
    node          the graph: one Node per recorded operation, and the walk over them
    defaults      the dtype of what nobody gave a dtype
    modes         what a thread records, and the scopes that name parts of a graph
    once          what two rules of a node both need, computed once
    place         where the user's program stands: its line, and what it calls there
    floating      NumPy's warnings of floating-point errors name the line of the program
    leaving       what leaves the graph says so: who may make a tracked Tensor a plain value
    tasks         those that are made of one block of an array, run as one
    blocks        arrays in blocks that are computed later, as Dask's are
    lending       memory for large results and on the way to them: NumPy's, or what is lent
    lines         results of large arrays in memory that begins with a cache line
    versions      which arrays were overwritten, and when
    forking       locks in a forked child
    hooks         the handle of a hook
    sharing       which Tensors lie in the same memory
    tensor        an array with a gradient
    left          what is left of the saved values when they are freed: pictures show it
    primitive     a function with its derivative rules, and what a node of it needs
    signature     the parameters of a primitive
    operands      what stands in the place of a Tensor or an array
    lists         lists of Tensors in the place of arrays
    storing       out=, where a function is told to put its result
    recorders     the function that stands for a primitive, compiled: it computes, and makes the node
    declare       primitive(), elementwise(), linear(): a function and its rules in one line
    arguments     a scope within which nodes keep all that their operations were given
    rows          operands that are broadcast row by row, the quick way
    sums          sums over axes and of products, the quick way
    broadcasting  sum_to and broadcast_to, adjoint to each other
    dispatch      where NumPy sends a call that has a Tensor among its arguments
    sinks         gradients that are wanted as soon as they are complete
    sweep         the reverse pass: each node once, on the sum of the gradients that reach it
    anomaly       a checked mode: who first made a NaN
"""
