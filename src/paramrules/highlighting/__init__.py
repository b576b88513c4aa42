"""How editors and web pages colour rule files: the kinds of words, and what each looks like.

`pygments_lexer` is the lexer for Pygments. Terminals and words come from the parser's own tables (`words`),
the names of looks from one table (`kinds`).
"""
