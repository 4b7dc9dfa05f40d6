"""The program behind `python -m nn`: the smallest complete use of the packages.

    training  the data, the network, and a training that can stop after any step and go on later
    alone     the training as one file that needs NumPy alone
    pictures  what it leaves to look at
    command   its options, its errors, and the order of things

Each imports only what stands before it.
"""
