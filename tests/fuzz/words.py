"""Words of the language, for soups of tokens and for mutations."""

WORDS = [
    *("and", "or", "not", "else", "in", "like", "let", "option", "include", "edition", "expect"),
    *("true", "false", "none", "type", "within", "variable", "attr", "module_attr", "count", "index"),
    *("name", "leaf", "module", "ndim", "shape", "dtype", "role", "a", "b_1", "LayerNorm"),
    *("1", "0.5", "1e9", "->", "?", "~", "!~", "==", "!=", "<=", ">=", "<", ">"),
    *("+", "-", "*", "/", "//", "%", "**", "(", ")", "[", "]", "{", "}", ",", "|", ":", "=", "#", ";", "&"),
    *("!", ".", '"', "'", "\\", '"x"', "'y'", "<timm>", "^blocks\\.(?<i>\\d+)\\.", "*.bias"),
]
