"""Mixtral 8x7B in PyTorch, as transformers has it: the experts of a layer in two tensors of three axes."""

from transformers import MixtralConfig, MixtralForCausalLM


def make() -> MixtralForCausalLM:
    return MixtralForCausalLM(MixtralConfig())
