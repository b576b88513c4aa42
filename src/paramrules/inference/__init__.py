"""From groups that code made to a rule file that says the same."""
