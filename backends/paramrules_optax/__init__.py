"""The optax backend."""
