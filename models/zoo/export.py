#!/usr/bin/env python3
"""Exports the seven architectures of this folder as ONNX graphs without weights: a large float initializer keeps its name, type
and dims, its bytes move to the external file <model>.weights, which is not committed, and a rule says how fill.py makes them.

usage: export.py [NAME...]      needs torch, torchvision, transformers, onnx, onnxscript (versions in README.md)

A rule is the tensor's `fill` metadata: "normal MEAN STD", "uniform LOW HIGH", or "centered STD" (normal, with the mean over axis 1
removed). It is measured on a network whose parameters were drawn at random and whose batch normalisations were calibrated, so that
activations keep a sane size from first layer to last.
"""
import os
import sys
import tempfile
import warnings

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))
INLINE_ELEMENTS = 64  # tensors up to this size are shapes, scales and the like: they stay in the graph
ALIGNMENT = 64        # of each tensor in the weights file


class First(nn.Module):
    """A model reduced to the first of its results."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return self.model(x)[0]


class UNet(nn.Module):
    """The U-Net of Ronneberger et al. (2015) with padded convolutions and 32 to 512 channels."""

    def __init__(self, channels=(32, 64, 128, 256, 512)):
        super().__init__()
        conv = lambda i, o: [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        block = lambda i, o: nn.Sequential(*conv(i, o), *conv(o, o))
        pairs = list(zip(channels, channels[1:]))
        self.first = block(3, channels[0])
        self.down = nn.ModuleList(block(i, o) for i, o in pairs)
        self.up = nn.ModuleList(nn.ConvTranspose2d(o, i, 2, 2) for i, o in reversed(pairs))
        self.merge = nn.ModuleList(block(2 * i, i) for i, _ in reversed(pairs))
        self.head = nn.Conv2d(channels[0], 2, 1)

    def forward(self, x):
        x, skips = self.first(x), []
        for down in self.down:
            skips.append(x)
            x = down(nn.functional.max_pool2d(x, 2))
        for up, merge in zip(self.up, self.merge):
            x = merge(torch.cat([up(x), skips.pop()], 1))
        return self.head(x)


def architectures():
    """name -> (constructor, example input, names of the dynamic dims)"""
    import torchvision.models as vision
    from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel
    image = lambda size: torch.randn(2, 3, size, size)
    batch, text = {0: "batch"}, {0: "batch", 1: "seq"}
    return {
        "resnet50": (vision.resnet50, image(224), batch),
        "mobilenet_v3_large": (vision.mobilenet_v3_large, image(224), batch),
        "vit_b_16": (vision.vit_b_16, image(224), batch),
        "bert_base": (lambda: First(BertModel(BertConfig())), torch.randint(0, 30000, (2, 128)), text),
        "gpt2": (lambda: First(GPT2LMHeadModel(GPT2Config(use_cache=False))), torch.randint(0, 50000, (2, 64)), text),
        "lstm_512x2": (lambda: First(nn.LSTM(512, 512, 2, batch_first=True)), torch.randn(2, 64, 512), batch),
        "unet": (UNet, image(256), batch),
    }


@torch.no_grad()
def draw_parameters(model):
    """Replaces the constants that frameworks initialise with (ones, zeros): they would hide a compiler's mistakes."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):  # fan-in of the group, so that depthwise layers do not fade
            nn.init.normal_(module.weight, 0, (2 / module.weight[0].numel()) ** 0.5)
            if module.weight.shape[1] > 1:
                # After a ReLU every channel has a positive mean. A trained batch normalisation would take its effect away, but its
                # bias is drawn independently of the weights here, and the mean would drown what tells one input from another.
                module.weight -= module.weight.mean(1, keepdim=True)
    for parameter in model.parameters():
        if parameter.std() > 0:
            continue
        if parameter.dim() > 1:
            nn.init.normal_(parameter, 0, parameter[0].numel() ** -0.5)
        elif parameter[0] == 1:
            nn.init.uniform_(parameter, 0.8, 1.2)
        else:
            nn.init.normal_(parameter, 0, 0.02)


@torch.no_grad()
def calibrate(model, example):
    """Gives each batch normalisation the statistics that its input really has."""
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.momentum = None  # a plain average over the batches
        norm.reset_running_stats()
        norm.train()
    for _ in range(3):
        model(torch.randn(8, *example.shape[1:]))
    model.eval()


def rule_for(array):
    """What fill.py has to draw for a tensor to look like this one."""
    if array.min() > 0:  # a scale or a variance: no draw may come near zero
        low, high = np.percentile(array, (5, 95))
        return f"uniform {low:.4g} {high:.4g}"
    if array.ndim == 4 and np.abs(array.mean(1)).max() < 1e-5 * array.std():
        return f"centered {array.std():.4g}"
    return f"normal {array.mean():.4g} {array.std():.4g}"


def without_weights(model, name):
    """Moves the large float tensors out and drops what names the exporting machine (stack traces, file paths)."""
    offset = 0
    for tensor in model.graph.initializer:
        elements = int(np.prod(tensor.dims))
        del tensor.metadata_props[:]
        if tensor.data_type != onnx.TensorProto.FLOAT or elements <= INLINE_ELEMENTS:
            continue
        array = numpy_helper.to_array(tensor).astype(np.float64)
        if not np.isfinite(array).all() or array.std() == 0:
            print(f"  kept inline: {tensor.name} {list(tensor.dims)}")
            continue
        tensor.metadata_props.add(key="fill", value=rule_for(array))
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", f"{name}.weights"), ("offset", offset), ("length", 4 * elements)):
            tensor.external_data.add(key=key, value=str(value))
        offset += -(-4 * elements // ALIGNMENT) * ALIGNMENT
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    model.graph.name = name
    return model


def export(name, make, example, dims):
    torch.manual_seed(0)
    model = make().eval()
    draw_parameters(model)
    calibrate(model, example)
    limits = {"batch": (1, 256), "seq": (2, 1024 if name == "gpt2" else 512)}
    shapes = {axis: torch.export.Dim(dim, min=limits[dim][0], max=limits[dim][1]) for axis, dim in dims.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name + ".onnx")
        torch.onnx.export(model, (example,), path, dynamo=True, external_data=False, verbose=False,
                          input_names=["x"], output_names=["y"], dynamic_shapes=(shapes,))
        graph = without_weights(onnx.load(path), name)
    onnx.save(graph, os.path.join(HERE, name + ".onnx"))
    opset = next(o.version for o in graph.opset_import if not o.domain)
    print(f"{name}: opset {opset}, {len(graph.graph.node)} nodes, {graph.ByteSize()} bytes", flush=True)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    chosen = sys.argv[1:]
    for name, (make, example, dims) in architectures().items():
        if not chosen or name in chosen:
            export(name, make, example, dims)
