"""The settings that rules may give a group, and the values each may have.

`PORTABLE` is the one table of the keys that mean the same under every framework and that this package acts
on. To add one, add an entry there and the code that acts on it; type checks, "did you mean", what editors
show, merging across axes, comparing and inferring scales, and the rule that no optimizer ever sees it follow
from the table.

Every other key goes to the optimizer. `KEYS` lists the known ones, to find typos and wrong types; it need not
be complete. It is taken from the constructors of torch.optim (2.13) and optax (0.2.8), of timm's and
transformers' optimizers, and of bitsandbytes, GaLore, Lion, LAMB, Prodigy, schedule-free, Shampoo, SOAP,
Sophia and Muon. What other tools call a setting is in foreign_keys.py.
"""

from typing import NamedTuple


class PortableKey(NamedTuple):
    """A key with one meaning under every framework.

    Attributes:
        types: the types that its value may have.
        form: how it is written, for editors.
        text: what it means, a sentence or two.
        scales: the key that it multiplies, "" if none. Several axes may set it, and the product counts.
        idle: True if `key = true` takes parameters out of training, so that no other key has an effect.
    """

    types: tuple[str, ...]
    form: str
    text: str
    scales: str = ""
    idle: bool = False


PORTABLE = {
    "lr": PortableKey(("number",), "lr = 1e-4", "The learning rate, in place of the base rate."),
    "lr_scale": PortableKey(
        ("number",),
        "lr_scale = 0.5",
        "Multiplies the base learning rate, under any schedule; several axes multiply theirs.",
        scales="lr",
    ),
    "weight_decay": PortableKey(
        ("number",), "weight_decay = 0", "The weight decay, in place of the base decay."
    ),
    "weight_decay_scale": PortableKey(
        ("number",), "weight_decay_scale = 0.5", "Multiplies the base weight decay.", scales="weight_decay"
    ),
    "freeze": PortableKey(
        ("boolean",),
        "freeze = true",
        "The parameter is not trained and costs no optimizer state.",
        idle=True,
    ),
    "skip": PortableKey(
        ("boolean",),
        "skip = true",
        "The parameter is left to another optimizer: in no group, and not frozen.",
        idle=True,
    ),
    "optimizer": PortableKey(
        ("string",), 'optimizer = "muon"', "The optimizer that takes the group, by its name in the call."
    ),
    "schedule": PortableKey(
        ("string",),
        'schedule = "late"',
        "The schedule, named in the call, that replaces the base learning rate.",
    ),
    "weight_decay_schedule": PortableKey(
        ("string",),
        'weight_decay_schedule = "cosine"',
        "The schedule, named in the call, that replaces the base weight decay.",
    ),
}

_OPTIMIZERS_OWN = {
    ("number",): """
        alpha b1 b2 b3 beta1 beta2 beta3 beta2_decay clip_threshold clipping_threshold d d0 d_coef
        dampening decay decay_offset decay_rate delta eps_root eta eta_minus eta_plus gamma
        growth_rate hessian_power initial_accumulator_value initial_scale k lambd lr_decay
        lookahead_alpha lookahead_k max_grad_norm max_step_size min_norm min_step_size momentum
        momentum_decay rho scale smoothing t0 threshold trust_coeff trust_coefficient warmup_steps
        wd_ratio weight_decay_rate weight_lr_power xi

        adam_b1 adam_b2 adam_learning_rate adam_weight_decay adam_eps estim_lr0 estim_lr_coef
        max_precond_dim min_8bit_size min_dim_size_to_factor ns_steps optim_bits
        percentile_clipping precondition_frequency rank shampoo_beta update_interval update_proj_gap

        base_lr initial_lr last_lr max_lr min_lr base_momentum max_momentum min_momentum num_steps step
    """,
    ("number", "tuple"): "eps",
    ("tuple",): "betas etas ns_coefficients ns_coeffs step_sizes",
    ("boolean",): """
        adaptive always_adapt amsgrad bias_correction bias_correction_mu bias_correction_nu
        block_wise capturable caution centered correct_bias corrected_weight_decay cautious decouple
        decoupled decoupled_decay decoupled_weight_decay differentiable eps_in_sqrt factored
        fixed_decay grad_averaging is_paged lr_in_momentum maximize merge_dims
        multiply_by_parameter_scale nesterov no_prox normalize_grads precondition_1d rectify
        relative_step safeguard_warmup scale_parameter trust_clip use_bias_correction use_clipping
        use_muon warmup_init
    """,
    ("boolean", "none"): "foreach fused",
    ("string",): "algorithm line_search_fn mode preconditioning proj_type",
    ("string", "none"): "adjust_lr_fn",
    (): "mu_dtype name label_smoothing",
}

KEYS: dict[str, tuple[str, ...]] = {key: row.types for key, row in PORTABLE.items()} | {
    key: types for types, keys in _OPTIMIZERS_OWN.items() for key in keys.split()
}
"""The known keys, each with the types that its value may have; no types if it may have any."""

SCALES = {key: row.scales for key, row in PORTABLE.items() if row.scales}
"""Keys that several axes may set, whose product counts, each with the key that it multiplies."""

SCALE_OF = {rate: scale for scale, rate in SCALES.items()}
"""Keys that others multiply, each with the key that multiplies it."""

IDLE = tuple(key for key, row in PORTABLE.items() if row.idle)
"""Keys beside which no other has an effect, if they are true."""

RESERVED = {
    "params": "parameters",
    "param_names": "parameters' names",
    "label": "label",
    "lr_ratio": "ratio to the base learning rate",
    "weight_decay_ratio": "ratio to the base weight decay",
    "initial_weight_decay": "weight decay before any schedule",
}
"""Keys that a group holds beside its settings, and what it keeps under each."""


def near_key(key: str) -> str:
    """Return the known key that another is likely a typo of, "" if none.

    A key may be the user's own, and most short words are a letter away from another, so one of up to four
    letters has to differ in case alone: `moe` is not `mode`, nor is `model`.

    >>> near_key("lr_scal")
    'lr_scale'
    """
    if key.lower() in KEYS:
        return key.lower()
    from difflib import get_close_matches  # 2 ms that only a mistake pays for

    long = [known for known in KEYS if min(len(key), len(known)) > 4]
    return next(iter(get_close_matches(key, long, n=1, cutoff=0.8)), "")
