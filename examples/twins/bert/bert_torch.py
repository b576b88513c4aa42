"""BERT base in PyTorch, as transformers has it: the head tied to the word embedding."""

from transformers import BertConfig, BertForMaskedLM


def make() -> BertForMaskedLM:
    return BertForMaskedLM(BertConfig())
