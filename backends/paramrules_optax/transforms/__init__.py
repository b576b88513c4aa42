"""An optimizer from a rule file: its moments once for all groups, rates and decays by parameter."""
