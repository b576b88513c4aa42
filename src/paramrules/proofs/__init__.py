"""Proofs that two rule files mean the same, without a model."""

from paramrules.proofs.proof import Counterexample, Proof, Undecided
from paramrules.proofs.prover import prove

__all__ = ["Counterexample", "Proof", "Undecided", "prove"]
