"""Optimizers, with PyTorch's names."""
