"""PyTorch's names for the settings of optax's factories."""

RENAMED: dict[str, tuple[str, ...]] = {
    "lr": ("learning_rate",),
    "betas": ("b1", "b2", "b3"),
    "alpha": ("decay",),
    "beta1": ("b1",),
    "beta2": ("b2",),
    "momentum": ("beta",),
    "d": ("clipping_threshold",),
    "ns_coefficients": ("ns_coeffs",),
    "etas": ("eta_minus", "eta_plus"),
    "step_sizes": ("min_step_size", "max_step_size"),
}
"""Each name with optax's: several share out a tuple, among those that a factory has."""
