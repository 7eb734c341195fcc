"""Reads COCO files with pycocotools and compares what it sees with the class IDs beside them.

Usage: coco_back.py FOLDER, which holds NAME.json and truth/NAME/KEY. Prints the number of annotations compared.
"""

import pathlib
import struct
import sys

import numpy as np
from pycocotools import mask as masks
from pycocotools.coco import COCO

folder = pathlib.Path(sys.argv[1])
compared = 0
for path in sorted(folder.glob("*.json")):
    sys.stdout = sys.stderr
    dataset = COCO(path)
    sys.stdout = sys.__stdout__
    for image in dataset.loadImgs(dataset.getImgIds()):
        data = (folder / "truth" / path.stem / image["file_name"].removesuffix(".jpg")).read_bytes()
        width, height = struct.unpack("<qq", data[:16])
        assert (image["width"], image["height"]) == (width, height), image
        truth = np.frombuffer(data[16:], dtype="<i8").reshape(height, width)
        painted = np.zeros_like(truth)
        for annotation in dataset.loadAnns(dataset.getAnnIds(imgIds=image["id"])):
            mask = dataset.annToMask(annotation)
            where = f"{path.name} {image['file_name']} annotation {annotation['id']}"
            assert not (painted[mask > 0]).any(), f"{where}: objects overlap"
            painted[mask > 0] = annotation["category_id"]
            encoded = masks.encode(np.asfortranarray(mask))
            assert annotation["area"] == masks.area(encoded), where
            assert annotation["bbox"] == masks.toBbox(encoded).tolist(), where
            if isinstance(annotation["segmentation"], dict):
                assert annotation["segmentation"]["counts"] == encoded["counts"].decode(), where
            compared += 1
        assert (painted == truth).all(), f"{path.name} {image['file_name']}: {(painted != truth).sum()} pixels differ"

# Results: pycocotools takes them for what the dataset beside them lists.
for path in sorted(folder.glob("results/*/results.json")):
    sys.stdout = sys.stderr
    dataset = COCO(path.with_name("image_info.json"))
    found = dataset.loadRes(str(path))
    sys.stdout = sys.__stdout__
    assert found.getAnnIds(), path
    for image in found.loadImgs(found.getImgIds()):
        data = (folder / "truth" / path.parent.name / image["file_name"].removesuffix(".jpg")).read_bytes()
        truth = np.frombuffer(data[16:], dtype="<i8").reshape(image["height"], image["width"])
        painted = np.zeros_like(truth)
        for annotation in found.loadAnns(found.getAnnIds(imgIds=image["id"])):
            assert annotation["score"] == 1.0
            painted[found.annToMask(annotation) > 0] = annotation["category_id"]
            compared += 1
        assert (painted == truth).all(), path
print(compared)
