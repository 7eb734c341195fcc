"""Makes the derived test files of what models return: run from this folder, after derive.py. Deterministic.

Needs numpy and pycocotools (peers-requirements.txt).
"""

import json
import pathlib

import numpy as np
from pycocotools import mask as coco_masks

HERE = pathlib.Path(__file__).parent
VALID = HERE / "formats" / "instances" / "valid"
INVALID = HERE / "formats" / "instances" / "invalid"
ids = np.load(HERE / "demo" / "maps" / "rider.npy")[:128, :160]
NAMES = '[{"id": 0, "name": "background", "color": "#000000"}, {"id": 13, "name": "horse"}, {"id": 15, "name": "person"}]\n'
left = np.arange(ids.shape[1]) < 90
masks = np.stack([ids == 13, ids == 15, (ids == 13) & left])
classes = np.array([13, 15, 13])
scores = np.array([0.75, 0.5, 0.25], dtype=np.float32)


def case(name, classes=True):
    folder = VALID / name
    folder.mkdir(parents=True, exist_ok=True)
    if classes:
        (folder / "classes.json").write_text(NAMES)
    return folder


def rle(mask):
    found = coco_masks.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": found["size"], "counts": found["counts"].decode()}


def entry(mask, score):
    found = coco_masks.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {
        "segmentation": rle(mask),
        "area": int(coco_masks.area(found)),
        "bbox": coco_masks.toBbox(found).tolist(),
        "predicted_iou": score,
        "point_coords": [[1.5, 2.5]],
        "stability_score": 0.97,
        "crop_box": [0, 0, 160, 128],
    }


boxes = np.zeros((3, 4), dtype=np.float32)
np.savez_compressed(case("npz") / "rider.npz", masks=masks, classes=classes, scores=scores, boxes=boxes)
empty = {"masks": masks[:0], "classes": classes[:0], "scores": scores[:0]}
np.savez_compressed(VALID / "npz" / "nothing.npz", **empty)
soft = np.where(masks, np.float16(0.9), np.float16(0.1))[:, None]
np.savez_compressed(case("torchvision") / "rider.npz", masks=soft, labels=classes, scores=scores.astype(np.float64))
last = np.asfortranarray(masks.transpose(1, 2, 0).astype(np.uint8) * 255)
np.savez_compressed(case("matterport") / "rider.npz", masks=last, class_ids=classes.astype(np.int32), scores=scores, rois=boxes)
found = [entry(mask, float(score)) for mask, score in zip(masks, scores)]
(case("sam", classes=False) / "rider.json").write_text(json.dumps(found))
image = {"image_id": 7, "width": 160, "height": 128, "file_name": "sa_7.jpg"}
(case("sa-1b", classes=False) / "sa_7.json").write_text(json.dumps({"image": image, "annotations": found}))

INVALID.mkdir(parents=True, exist_ok=True)
small = np.zeros((2, 3, 4), dtype=bool)
small[0, 1, 2] = True
two = np.array([1, 2])


def archive(name, **arrays):
    np.savez_compressed(INVALID / f"{name}.npz", **arrays)
    return INVALID / f"{name}.npz"


archive("no-masks", classes=two)
archive("more-classes", masks=small, classes=np.arange(5))
archive("more-scores", masks=small, classes=two, scores=np.zeros(3))
archive("three-values", masks=small.astype(np.uint8) + np.eye(3, 4, dtype=np.uint8) * 2, classes=two)
archive("logits", masks=small.astype(np.float32) * 7 - 3, classes=two)
archive("nan", masks=np.where(small, np.nan, 0), classes=two)
archive("half-class", masks=small, classes=two + 0.5)
archive("classes-of-pixels", masks=small, classes=small.astype(np.int32))
archive("two-axes", masks=small[0], classes=two)
archive("no-pixels", masks=np.zeros((0, 0, 0), dtype=bool), classes=two[:0])
whole = archive("cut", masks=small, classes=two).read_bytes()
(INVALID / "cut.npz").write_bytes(whole[:-40])

square = {"segmentation": {"size": [3, 4], "counts": [0, 12]}, "predicted_iou": 0.5}
for name, text in {
    "not-masks": json.dumps({"a": 1}),
    "not-json": json.dumps([square])[:-9],
    "empty-list": "[]",
    "other-size": json.dumps([square, {"segmentation": {"size": [4, 3], "counts": [12]}}]),
    "counts-do-not-sum": json.dumps([{"segmentation": {"size": [3, 4], "counts": [5]}}]),
    "arrays-as-lists": json.dumps([{"segmentation": [[True, False]]}]),
    "size-huge": json.dumps([{"segmentation": {"size": [4_000_000_000, 4_000_000_000], "counts": [1]}}]),
    "size-0": json.dumps({"image": {"width": 0, "height": 3}, "annotations": [square]}),
}.items():
    (INVALID / f"{name}.json").write_text(text + "\n")
