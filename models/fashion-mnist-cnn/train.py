#!/usr/bin/env python3
"""Trains the small Fashion-MNIST classifier of this folder and writes model.onnx beside this file.

usage: train.py [--epochs N] [--out FILE]     needs torch, onnx, onnxscript, onnxruntime and Debian's dataset-fashion-mnist

The numbers in README.md come from the default arguments; a run takes a few minutes on two CPU cores.
"""
import argparse
import gzip
import os
import time

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

DATA = "/usr/share/datasets/fashion-mnist"
MEAN, STD = 0.2860, 0.3530  # of the 60,000 training images scaled to [0,1]


def load(part):
    """The images as floats in [0,1] of shape [N,1,28,28] and their labels; the IDX headers take 16 and 8 bytes."""
    with gzip.open(f"{DATA}/{part}-images-idx3-ubyte.gz") as f:
        images = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(f"{DATA}/{part}-labels-idx1-ubyte.gz") as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8)
    return images.astype(np.float32) / 255, labels.astype(np.int64)


class Classifier(nn.Module):
    """Three convolutions and one linear layer; normalisation is the model's first step, so that callers feed plain pixels."""

    def __init__(self):
        super().__init__()
        block = lambda i, o: [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.features = nn.Sequential(*block(1, 32), nn.MaxPool2d(2), *block(32, 64), nn.MaxPool2d(2), *block(64, 64))
        self.dropout = nn.Dropout(0.3)
        self.fc = nn.Linear(64 * 7 * 7, 10)

    def forward(self, x):
        return self.fc(self.dropout(self.features((x - MEAN) / STD).flatten(1)))


def augment(images):
    """Mirrors half of the batch left to right and shifts each image by up to two pixels."""
    n = len(images)
    images = torch.where(torch.rand(n, 1, 1, 1) < 0.5, images.flip(3), images)
    padded = nn.functional.pad(images, (2, 2, 2, 2))
    top, left = torch.randint(0, 5, (2, n, 1, 1))
    rows = (top + torch.arange(28)[None, :, None])
    columns = (left + torch.arange(28)[None, None, :])
    return padded[torch.arange(n)[:, None, None], 0, rows, columns].unsqueeze(1)


def train(model, epochs, batch=128, peak_rate=4e-3):
    images, labels = map(torch.from_numpy, load("train"))
    steps = len(images) // batch
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak_rate, weight_decay=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak_rate, total_steps=epochs * steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    model.to(memory_format=torch.channels_last).train()
    for epoch in range(epochs):
        start, total = time.time(), 0.0
        for picked in torch.randperm(len(images))[: steps * batch].split(batch):
            loss = loss_of(model(augment(images[picked])), labels[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}, {time.time() - start:.0f} s", flush=True)


def export(model, path):
    model.to(memory_format=torch.contiguous_format).eval()
    batch = torch.export.Dim("batch", min=1, max=4096)
    torch.onnx.export(
        model, (torch.zeros(2, 1, 28, 28),), path, dynamo=True, opset_version=20, external_data=False, verbose=False,
        input_names=["x"], output_names=["logits"], dynamic_shapes=({0: batch},))
    # The exporter notes the Python stack of every node; paths of the machine that trained the model do not belong in it.
    exported = onnx.load(path)
    for item in [*exported.graph.node, *exported.graph.value_info, *exported.graph.input, *exported.graph.output,
                 *exported.graph.initializer, exported.graph, exported]:
        del item.metadata_props[:]
    for node in exported.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, path)


def accuracy(path):
    """Share of the 10,000 test images that ONNX Runtime classifies correctly with the exported file."""
    images, labels = load("t10k")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    logits = np.concatenate([session.run(None, {"x": part})[0] for part in np.split(images, 10)])
    return (logits.argmax(1) == labels).mean()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.onnx"))
    arguments = parser.parse_args()
    torch.manual_seed(0)
    classifier = Classifier()
    train(classifier, arguments.epochs)
    export(classifier, arguments.out)
    print(f"test accuracy {100 * accuracy(arguments.out):.2f} %, {os.path.getsize(arguments.out)} bytes")
