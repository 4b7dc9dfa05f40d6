"""The derivative as a program: traced, improved, and run as NumPy. From the bottom up, each importing what is above it:

    current                               whether a trace is being taken
    functions                             what is known of NumPy's functions
    values                                what a program is made of
    program                               the program
    memory, rooms                         where its values lie, and what functions need on the way to them
    places                                where a function finds what it uses besides its arguments
    frames, known, containers             what a trace asks of the call stack, of arrays, and of containers
    draws, standin, leaks                 what stands for generators and arrays while a function is traced
    recorder                              what writes down the program
    passes                                what improves it
    recycling                             where its gradients lie
    islands, together                     what is run piece by piece, or for several arrays at once
    counting, cost                        what it costs
    running                               what it goes through before it runs
    interrupts                            Ctrl-C while it runs
    spelling, code_numpy                  it as code that runs
    native                                the same with loops in machine code
    joined                                its results, where they are still to be differentiated
    naming, plainly, views, formulas, inlining, reading   it as it is read
    repeats, columns, listing, turns, loops, reusing   its lines, with loops for what repeats
    rehearsal                             whether its text with loops does what the one without does
    brevity, helpers, literals, expressions, printing   it as text
    capture                               one call, traced
    entry                                 how it is called in the place of the function
    snapshot, signature                   what a call may change, and what it looks like
    profiling                             where its time goes
    tracing, compiling                    `trace` and `compile`

The names that others use are in `current` (optim's), and in `autograd`.
"""
