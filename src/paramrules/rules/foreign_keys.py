"""Names that other tools have for settings of this language.

A setting goes to the optimizer under its own name, and torch accepts any key in a group, so `lr_mult = 10`
would do nothing without a word. To add a name, add a line to the table.

References:
    mmengine: https://mmengine.readthedocs.io/en/latest/tutorials/optim_wrapper.html
    Megatron-LM: https://github.com/NVIDIA/Megatron-LM/blob/main/megatron/core/optimizer/__init__.py
    DINOv2: https://github.com/facebookresearch/dinov2/blob/main/dinov2/utils/param_groups.py
    detectron2: https://github.com/facebookresearch/detectron2/blob/main/detectron2/solver/build.py
    big_vision: https://github.com/google-research/big_vision/blob/main/big_vision/optax.py
    Keras: https://keras.io/api/optimizers/adamw/
    Paddle: https://www.paddlepaddle.org.cn/documentation/docs/en/api/paddle/optimizer/AdamW_en.html
    transformers: https://huggingface.co/docs/transformers/main_classes/trainer
"""

from typing import NamedTuple


class ForeignKey(NamedTuple):
    """A name from elsewhere.

    Attributes:
        instead: the setting to write, with `{value}` for the value that is written, and `{opposite}` for the
            other one of `true` and `false`.
        tools: some of the tools that have the name; may be empty.
    """

    instead: str
    tools: str


_TABLE = """
    learning_rate           | lr = {value}                        | Optax, Keras, Paddle
    lr_mult                 | lr_scale = {value}                  | mmengine, Megatron-LM, MXNet
    lr_mults                | lr_scale = {value}                  | big_vision
    lr_multiplier           | lr_scale = {value}                  | DINOv2
    lr_factor               | lr_scale = {value}                  | detectron2
    lr_ratio                | lr_scale = {value}                  | Paddle
    layer_decay             | lr_scale = {value} ** (depth - i)   | timm, BEiT
    wd                      | weight_decay = {value}              | fastai
    l2                      | weight_decay = {value}              |
    l2_reg                  | weight_decay = {value}              |
    l2_regularization       | weight_decay = {value}              |
    weight_decay_rate       | weight_decay = {value}              | BERT, optax.adafactor
    wd_mult                 | weight_decay_scale = {value}        | Megatron-LM, MXNet
    wd_mults                | weight_decay_scale = {value}        | big_vision
    wd_multiplier           | weight_decay_scale = {value}        | DINOv2
    wd_factor               | weight_decay_scale = {value}        |
    decay_mult              | weight_decay_scale = {value}        | mmengine, Caffe
    weight_decay_mult       | weight_decay_scale = {value}        |
    weight_decay_multiplier | weight_decay_scale = {value}        |
    weight_decay_factor     | weight_decay_scale = {value}        |
    beta                    | betas = ({value}, 0.999)            |
    beta1                   | betas = ({value}, 0.999)            | Paddle, MXNet
    beta_1                  | betas = ({value}, 0.999)            | Keras
    adam_beta1              | betas = ({value}, 0.999)            | transformers, Megatron-LM
    beta2                   | betas = (0.9, {value})              | Paddle, MXNet
    beta_2                  | betas = (0.9, {value})              | Keras
    adam_beta2              | betas = (0.9, {value})              | transformers, Megatron-LM
    epsilon                 | eps = {value}                       | Keras, Paddle
    adam_epsilon            | eps = {value}                       | transformers
    adam_eps                | eps = {value}                       | Megatron-LM
    requires_grad           | freeze = {opposite}                 | torch
    trainable               | freeze = {opposite}                 | Keras, Paddle
    stop_gradient           | freeze = {value}                    | Paddle
    frozen                  | freeze = {value}                    |
    optim                   | optimizer = {value}                 | transformers
    opt                     | optimizer = {value}                 | timm
    exclude                 | skip = {value}                      |
    scheduler               | schedule = {value}                  |
    lr_schedule             | schedule = {value}                  |
    wd_schedule             | weight_decay_schedule = {value}     | DINOv2
"""

FOREIGN_KEYS = {
    key: ForeignKey(instead, tools)
    for key, instead, tools in (map(str.strip, row.split("|")) for row in _TABLE.strip().splitlines())
}
"""The names, in lower case."""


def written_here(key: str, value: str) -> str:
    """Return the setting to write instead of a foreign one, with its value; "" if the key is not foreign.

    >>> written_here("lr_mult", "10")
    'lr_scale = 10'
    """
    foreign = FOREIGN_KEYS.get(key.lower())
    opposite = "false" if value == "true" else "true"
    return foreign.instead.format(value=value, opposite=opposite) if foreign else ""
