"""Writes datasets as Ultralytics has them, and each image as its `polygon2mask` paints it: outlines in single precision times
the size, truncated, `cv2.fillPoly`, one after the other.

Usage: yolo.py make FOLDER: prints the number of images; the classes are `data.yaml`, 0 in the truth is no object, 1 the first class.
       yolo.py check FOLDER: paints label files with the sizes in `truth/`, which must give the truth; prints how many did.
"""

import pathlib
import struct
import sys

import cv2
import numpy as np
from PIL import Image

folder = pathlib.Path(sys.argv[2])
NAMES = ["car", "person", "tree"]


def paint(labels, height, width):
    """As `verify_image_label` and `polygon2mask` do."""
    image = np.zeros((height, width), np.int32)
    for line in labels.strip().splitlines():
        row = line.split()
        segment = np.array(row[1:], dtype=np.float32).reshape(-1, 2)
        assert segment.max() <= 1 and segment.min() >= 0 and len(segment) > 2, line
        segment[..., 0] *= width
        segment[..., 1] *= height
        polygons = np.asarray([segment.reshape(-1)], dtype=np.int32)
        cv2.fillPoly(image, polygons.reshape((1, -1, 2)), color=int(row[0]) + 1)
    return image


def outline(random):
    count = int(random.integers(3, 40))
    if random.random() < 0.4:
        return np.clip(random.uniform(-0.1, 1.1, (count, 2)), 0, 1)
    angles = np.sort(random.uniform(0, 2 * np.pi, count))
    radius = random.uniform(0.05, 0.5, count)
    return np.clip(random.random(2) + np.array([np.cos(angles), np.sin(angles)]).T * radius[:, None], 0, 1)


def written(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def make():
    random = np.random.default_rng(17)
    for index in range(400):
        height, width = (int(side) for side in random.integers(1, 200, 2))
        if index % 80 == 0:
            height, width = (int(side) for side in random.integers(500, 3000, 2))
        lines, scored = [], random.random() < 0.3
        for _ in range(random.integers(0, 7)):
            points = outline(random)
            if random.random() < 0.3:
                points = np.floor(points * (width, height)) / (width, height)
            digits = int(random.integers(3, 9))
            numbers = " ".join(f"{share:.{digits}f}" for share in points.reshape(-1))
            lines.append(f"{random.integers(0, 3)} {numbers}")
        split = ["train", "val"][index % 2]
        pixels = paint("\n".join(lines), height, width).astype("<i8")
        if scored:
            lines = [f"{line} {random.random():.4f}" for line in lines]
        written(folder / "cases" / "labels" / split / f"{index}.txt").write_text("\n".join(lines))
        photo = written(folder / "cases" / "images" / split / f"{index}.{['jpg', 'png'][index % 3 // 2]}")
        Image.new("L", (width, height)).save(photo)
        truth = written(folder / "truth" / split / str(index))
        truth.write_bytes(struct.pack("<qq", width, height) + pixels.tobytes())
    names = [f"  {number}: {name}" for number, name in enumerate(NAMES)]
    (folder / "cases" / "data.yaml").write_text("\n".join(["path: .", "train: images/train", "val: images/val", "names:", *names]))
    print(400)


def check():
    compared = 0
    for path in sorted((folder / "labels").rglob("*.txt")):
        truth = (folder / "truth" / path.relative_to(folder / "labels").with_suffix("")).read_bytes()
        width, height = struct.unpack("<qq", truth[:16])
        wanted = np.frombuffer(truth[16:], "<i8").reshape(height, width)
        found = paint(path.read_text(), height, width)
        assert (found == wanted).all(), f"{path}: {(found != wanted).sum()} pixels differ"
        compared += 1
    print(compared)


{"make": make, "check": check}[sys.argv[1]]()
