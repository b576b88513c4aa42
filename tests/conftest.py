"""What holds for every test."""

import torchvision_ops

torchvision_ops.install()
