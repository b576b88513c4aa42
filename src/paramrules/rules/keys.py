"""The keys that optimizers, schedulers and this product know, and what each may be set to.

From the constructors of torch.optim (2.13) and optax (0.2.8), of timm's and transformers' optimizers, and
of what is often installed beside them: bitsandbytes, GaLore, Lion, LAMB, Prodigy, schedule-free, Shampoo
and SOAP, Sophia, Muon. A key that is not here goes to the optimizer all the same: the table is there to
find typos and wrong types, not to be complete. `beta`, which one or two optimizers have, is left out: nearly
always `betas` was meant.
"""

_TABLE = {
    ("number",): """
        lr lr_scale weight_decay weight_decay_scale

        alpha b1 b2 b3 beta1 beta2 beta3 beta2_decay clip_threshold clipping_threshold d d0 d_coef
        dampening decay decay_offset decay_rate delta eps_root eta eta_minus eta_plus gamma
        growth_rate hessian_power initial_accumulator_value initial_scale k lambd lr_decay
        lookahead_alpha lookahead_k max_grad_norm max_step_size min_norm min_step_size momentum
        momentum_decay rho scale smoothing t0 threshold trust_coeff trust_coefficient warmup_steps
        wd_ratio weight_decay_rate weight_lr_power xi

        adam_b1 adam_b2 adam_learning_rate adam_weight_decay adam_eps estim_lr0 estim_lr_coef
        max_precond_dim min_8bit_size min_dim_size_to_factor ns_steps optim_bits
        percentile_clipping precondition_frequency rank shampoo_beta update_interval update_proj_gap

        base_lr initial_lr last_lr max_lr min_lr base_momentum max_momentum min_momentum decay_mult
        lr_mult lr_multiplier wd_mult wd_multiplier weight_decay_mult layer_decay num_steps step
    """,
    ("number", "tuple"): "eps",
    ("tuple",): "betas etas ns_coefficients ns_coeffs step_sizes",
    ("boolean",): """
        freeze

        adaptive always_adapt amsgrad bias_correction bias_correction_mu bias_correction_nu
        block_wise capturable caution centered correct_bias corrected_weight_decay cautious decouple
        decoupled decoupled_decay decoupled_weight_decay differentiable eps_in_sqrt factored
        fixed_decay grad_averaging is_paged lr_in_momentum maximize merge_dims
        multiply_by_parameter_scale nesterov no_prox normalize_grads precondition_1d rectify
        relative_step safeguard_warmup scale_parameter trust_clip use_bias_correction use_clipping
        use_muon warmup_init
    """,
    ("boolean", "none"): "foreach fused",
    ("string",): "optimizer algorithm line_search_fn mode preconditioning proj_type",
    ("string", "none"): "adjust_lr_fn",
    (): "mu_dtype name label_smoothing schedule",
}

KEYS: dict[str, tuple[str, ...]] = {key: types for types, keys in _TABLE.items() for key in keys.split()}
"""The known keys, each with the types that it may have; none where it may have any."""

OTHER_NAMES = {
    "learning_rate": "lr",
    "l2": "weight_decay",
    "wd": "weight_decay",
    "weight_decay_factor": "weight_decay_scale",
    "lr_factor": "lr_scale",
    "epsilon": "eps",
    "frozen": "freeze",
    "requires_grad": "freeze = true",
    "trainable": "freeze = true",
    "optim": "optimizer",
}
"""What people also call a key, and what to write here."""

RESERVED = frozenset({"params", "param_names", "label", "lr_ratio"})
"""What a torch group holds beside its settings."""

MULTIPLIED = frozenset({"lr_scale", "weight_decay_scale"})
"""Keys that several axes may set; their product counts."""
