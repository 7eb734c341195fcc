"""Prints pairs of random masks and what pycocotools makes of them, a line each:
height width one two area box union intersection iou iou-with-crowd. Usage: rle.py COUNT.
"""

import sys

import numpy as np
from pycocotools import mask as masks

random = np.random.default_rng(11)


def some(height, width):
    kind = random.integers(0, 4)
    if kind == 0:
        return random.random((height, width)) < random.choice([0.0, 0.1, 0.5, 0.9, 1.0])
    y, x = np.mgrid[:height, :width]
    mask = np.zeros((height, width), dtype=bool)
    for _ in range(kind):
        center = random.uniform(-5, [height + 5, width + 5])
        mask |= (y - center[0]) ** 2 + (x - center[1]) ** 2 < random.uniform(0, max(height, width)) ** 2 / 4
    return mask


def text(rle):
    return rle["counts"].decode()


for _ in range(int(sys.argv[1])):
    height, width = (int(side) for side in random.integers(1, 120, 2))
    one, two = (masks.encode(np.asfortranarray(some(height, width).astype(np.uint8))) for _ in range(2))
    box = ",".join(str(int(value)) for value in masks.toBbox(one))
    union, both = masks.merge([one, two]), masks.merge([one, two], intersect=True)
    iou, crowd = (float(masks.iou([one], [two], [flag])[0][0]) for flag in (0, 1))
    print(height, width, text(one), text(two), masks.area(one), box, text(union), text(both), repr(iou), repr(crowd))
