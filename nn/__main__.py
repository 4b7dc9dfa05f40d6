"""`python -m nn`: train a small convolutional network on handwritten digits, and leave its weights and pictures."""

import sys

from nn.demo.command import main

if __name__ == "__main__":
    sys.exit(main())
