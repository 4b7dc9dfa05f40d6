"""Functions into functions.

From the bottom up, each importing only what stands before it:

    tree         containers of arrays: their leaves, and the way back
    batching     NumPy's functions for all examples at once
    call         one call of a function, its graph beginning at its arguments
    shared       what a transform makes of a function
    gradients    grad, value_and_grad, elementwise_grad
    forward      forward mode along a record
    products     vjp, jvp, hvp
    vmap         a function of one example as a function of all
    over_blocks  a function of some examples, summed over all blocks of them
    sparsity     patterns of sparse Jacobians, and their colors
    jacobians    jacobian, hessian
    vectors      containers of numbers as one vector
    implicit     solutions of equations, differentiated at the solution
    optimality   what is zero at a minimum
    minimize     the minimum of a function, found by SciPy
    checkpoint   recompute instead of keeping
    gradcheck    derivatives against differences
"""
