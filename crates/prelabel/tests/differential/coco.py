"""Writes COCO files with random objects, and each image as pycocotools paints it: later annotations on top.

Usage: coco.py FOLDER. Prints the number of images.
"""

import json
import pathlib
import struct
import sys

import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(7)
CATEGORIES = [1, 2, 7, 90]


def polygon(height, width):
    count = int(random.integers(3, 40))
    spread = random.choice([0.1, 0.5, 1.5]) * max(height, width)
    center = random.uniform(-0.2, 1.2, 2) * (width, height)
    points = center + random.normal(0, spread, (count, 2))
    if random.random() < 0.3:
        points = np.round(points)
    return [float(value) for value in points.reshape(-1)]


def shape(height, width):
    kind = random.integers(0, 4)
    if kind < 2:
        return [polygon(height, width) for _ in range(random.integers(1, 4))], 0
    mask = masks.decode(masks.merge(masks.frPyObjects([polygon(height, width)], height, width)))
    mask &= random.random((height, width)) < random.choice([0.5, 0.99, 1.0])
    if kind == 2:
        found = masks.encode(np.asfortranarray(mask))
        return {"size": found["size"], "counts": found["counts"].decode()}, int(random.integers(0, 2))
    flat = mask.flatten("F").astype(np.int8)
    ends = np.concatenate([[0], np.flatnonzero(np.diff(np.concatenate([[0], flat]))), [flat.size]])
    return {"size": [height, width], "counts": np.diff(ends).tolist()}, 1


def document(number, first):
    images, annotations = [], []
    for image in range(first, first + 25):
        height, width = (int(side) for side in random.integers(1, 160, 2))
        images.append({"id": image, "width": width, "height": height, "file_name": f"set{number}/{image}.jpg"})
        for _ in range(random.integers(0, 7)):
            segmentation, crowd = shape(height, width)
            category = int(random.choice(CATEGORIES))
            annotations.append({"image_id": image, "category_id": category, "segmentation": segmentation, "iscrowd": crowd})
    order = random.permutation(len(annotations))
    annotations = [{"id": int(index), **annotations[place]} for index, place in enumerate(order, 1)]
    categories = [{"id": category, "name": f"class {category}"} for category in CATEGORIES]
    parts = {"categories": categories, "annotations": annotations, "images": images, "info": {"images": [{"id": 0}]}}
    names = list(parts)
    random.shuffle(names)
    return {name: parts[name] for name in names}


count = 0
for number in range(8):
    path = folder / "cases" / f"instances_{number}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(number, number * 25 + 1), indent=[None, 1][number % 2]))
    sys.stdout = sys.stderr
    dataset = COCO(path)
    sys.stdout = sys.__stdout__
    for image in dataset.loadImgs(dataset.getImgIds()):
        painted = np.zeros((image["height"], image["width"]), dtype="<i8")
        for annotation in dataset.loadAnns(dataset.getAnnIds(imgIds=image["id"])):
            painted[dataset.annToMask(annotation) > 0] = annotation["category_id"]
        truth = folder / "truth" / image["file_name"].removesuffix(".jpg")
        truth.parent.mkdir(parents=True, exist_ok=True)
        truth.write_bytes(struct.pack("<qq", image["width"], image["height"]) + painted.tobytes())
        count += 1
print(count)
