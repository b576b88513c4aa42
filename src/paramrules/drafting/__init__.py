"""A first rule file for a model: its norms, embeddings, blocks and head, ready to edit."""

from paramrules.drafting.draft import draft

__all__ = ["draft"]
