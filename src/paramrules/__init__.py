"""Optimizer parameter groups from one rule file, for PyTorch and Optax alike."""
