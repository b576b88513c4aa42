"""The grammar of rule files."""
