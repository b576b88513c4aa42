"""An optimizer from a rule file: moments once for all groups, rates and decays by parameter."""
