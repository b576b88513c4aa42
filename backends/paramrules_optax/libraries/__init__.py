"""One file for each JAX library, with everything that knows this library."""
