"""Neural networks from differentiable primitives, with PyTorch's names."""
