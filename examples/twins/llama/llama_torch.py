"""Llama 2 7B in PyTorch, as transformers has it."""

from transformers import LlamaConfig, LlamaForCausalLM


def make() -> LlamaForCausalLM:
    return LlamaForCausalLM(LlamaConfig())
