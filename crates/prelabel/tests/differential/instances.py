"""Writes objects as models return them, and each image as NumPy paints it in the order that its folder is named by.

Usage: instances.py FOLDER. Writes cases/NAME/map.npz or map.json, options in cases/NAME.options, truth/NAME. Prints
the number of cases.
"""

import json
import pathlib
import struct
import sys

import numpy as np
from pycocotools import mask as coco_masks

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(11)
for name in ["cases", "truth", "options"]:
    (folder / name).mkdir(parents=True)
ORDERS = ["last", "first", "score", "smaller-on-top"]
KINDS = ["?", "u1", "255", "<i8", ">i4", "<f2", "<f4", ">f8"]


def blobs(count, height, width):
    y, x = np.mgrid[:height, :width]
    masks = np.zeros((count, height, width), dtype=bool)
    for mask in masks:
        center, radius = random.uniform(0, 1, 2) * (height, width), random.uniform(0.1, 0.7) * max(height, width)
        mask |= np.hypot(y - center[0], x - center[1]) < radius
        mask &= random.random((height, width)) < random.choice([0.5, 0.97, 1.0])
    return masks


def stored(masks, kind):
    if kind == "255":
        return masks.astype(np.uint8) * 255
    if "f" not in kind:
        return masks.astype(kind)
    # Soft masks: exactly 0.5 is outside.
    low, high = random.uniform(0, 0.5, masks.shape), random.uniform(0.51, 1, masks.shape)
    low[random.random(masks.shape) < 0.1] = 0.5
    return np.where(masks, high, low).astype(kind)


def paint(masks, classes, scores, order, least):
    areas = masks.sum((1, 2))
    places = list(range(len(masks)))
    if order == "first":
        places.reverse()
    elif order == "score":
        places.sort(key=lambda place: (scores[place], -place))
    elif order == "smaller-on-top":
        places.sort(key=lambda place: -areas[place])
    painted = np.zeros(masks.shape[1:], dtype="<i8")
    for place in places:
        if scores[place] >= least:
            painted[masks[place]] = classes[place]
    return painted


count = 0
for number in range(240):
    objects = int(random.integers(0, 9))
    height, width = (int(side) for side in random.integers(10, 90, 2))
    masks = blobs(objects, height, width)
    classes = random.integers(1, 5, objects)
    scores = np.round(random.uniform(0, 1, objects), 1)
    order, least = ORDERS[number % 4], float(random.choice([0.0, 0.45]))
    case = folder / "cases" / str(number)
    case.mkdir()
    if number % 5 == 0 and objects > 0:
        classes = np.ones_like(classes)
        found = []
        for mask, score in zip(masks, scores):
            rle = coco_masks.encode(np.asfortranarray(mask.astype(np.uint8)))
            area, box = int(coco_masks.area(rle)), coco_masks.toBbox(rle).tolist()
            rle = {"size": rle["size"], "counts": rle["counts"].decode()}
            found.append({"segmentation": rle, "area": area, "bbox": box, "predicted_iou": score, "stability_score": 1.0})
        if number % 10 == 0:
            found = {"image": {"image_id": 1, "width": width, "height": height}, "annotations": found}
        (case / "map.json").write_text(json.dumps(found))
    else:
        names = [["masks", "pred_masks"], ["classes", "labels", "class_ids", "cls"], ["scores", "conf", "pred_scores"]]
        names = [str(random.choice(choice)) for choice in names]
        array = stored(masks, KINDS[number % len(KINDS)])
        shape = int(random.integers(0, 4))
        if shape == 1:
            array = array[:, None]
        elif shape == 2:
            array = np.asfortranarray(array)
        elif shape == 3 and objects not in (height, width):
            array = array.transpose(1, 2, 0)
            array = np.ascontiguousarray(array) if number % 2 else array
        kinds = [array, classes.astype(random.choice(["<i8", "u1", ">i2", "<f4"])), scores]
        save = np.savez_compressed if number % 3 else np.savez
        save(case / "map.npz", **dict(zip(names, kinds)), boxes=np.zeros((objects, 4)))
    (folder / "options" / str(number)).write_text(f"{order} {least}")
    painted = paint(masks, classes, scores, order, least)
    (folder / "truth" / str(number)).write_bytes(struct.pack("<qq", width, height) + painted.tobytes())
    count += 1
print(count)
