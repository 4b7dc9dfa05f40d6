"""The program behind `python -m nn`: the smallest complete use of the packages.

command.py   its options, its errors, and the order of things
training.py  the data, the network, and a training that can stop after any step and go on later
pictures.py  what it leaves to look at
"""
