"""Stacks of layers: arrays that hold one parameter of several layers."""
