"""Writes files as labelme does, with random shapes of all types, and each image as Pillow paints them in their order.

Usage: labelme.py FOLDER. Prints the number of images. The classes are `labels.txt`, one a line from ID 0.
       labelme.py FOLDER check: paints the files there, which must give `truth/`; the IDs are in `classes.json`. Prints how many did.
"""

import base64
import io
import json
import math
import pathlib
import struct
import sys

import numpy as np
from PIL import Image, ImageDraw

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(11)
LABELS = ["_background_", "car", "person", "tree"]
COUNTS = {"rectangle": 2, "circle": 2, "line": 2, "point": 1, "oriented_rectangle": 4, "mask": 2}


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def shape(height, width, groups):
    kind = str(random.choice(["polygon", "linestrip", "points", *COUNTS]))
    points = random.uniform(-0.1, 1.1, (COUNTS.get(kind, int(random.integers(3, 30))), 2)) * (width, height)
    if random.random() < 0.3:
        points = np.round(points)
    entry = {"label": str(random.choice(LABELS[1:])), "group_id": None, "shape_type": kind, "flags": {}, "mask": None}
    if kind == "rectangle":
        points.sort(axis=0)
    if kind == "mask":
        corner = np.array([random.uniform(0, width - 1), random.uniform(0, height - 1)])
        mask = random.random((int(random.integers(1, height - int(corner[1]) + 1)), int(random.integers(1, width - int(corner[0]) + 1)))) < 0.7
        points = np.array([corner, corner.astype(int) + (mask.shape[1] - 1 + 0.25, mask.shape[0] - 1 + 0.25)])
        entry["mask"] = png(mask if random.random() < 0.5 else mask.astype(np.uint8))
    if random.random() < groups:
        entry["group_id"] = int(random.integers(0, 2))
    entry["points"] = points.tolist()
    return entry


def paint(entry, value, image):
    draw = ImageDraw.Draw(image)
    points = [tuple(point) for point in entry["points"]]
    around = lambda x, y, radius: draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=value, fill=value)
    match entry["shape_type"]:
        case "polygon" | "oriented_rectangle":
            draw.polygon(points, outline=value, fill=value)
        case "rectangle":
            draw.rectangle(points, outline=value, fill=value)
        case "circle":
            around(*points[0], math.dist(*points))
        case "line" | "linestrip":
            draw.line(points, fill=value, width=10)
        case "point" | "points":
            for point in points:
                around(*point, 5)
        case "mask":
            mask = Image.open(io.BytesIO(base64.b64decode(entry["mask"])))
            mask = Image.fromarray((np.asarray(mask) > 0).astype(np.uint8) * 255)
            image.paste(value, (int(points[0][0]), int(points[0][1])), mask)


def name(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def check():
    ids = {entry["name"]: entry["id"] for entry in json.loads((folder / "classes.json").read_text())["classes"]}
    compared = 0
    for path in sorted(folder.glob("*.json")):
        if path.name == "classes.json":
            continue
        document = json.loads(path.read_text())
        assert document["imagePath"] == f"{path.stem}.jpg" and document["imageData"] is None
        image = Image.new("L", (document["imageWidth"], document["imageHeight"]))
        for entry in document["shapes"]:
            paint(entry, ids[entry["label"]], image)
        truth = (folder / "truth" / path.stem).read_bytes()
        wanted = np.frombuffer(truth[16:], "<i8").reshape(struct.unpack("<qq", truth[:16])[::-1])
        found = np.asarray(image)
        assert found.shape == wanted.shape and (found == wanted).all(), f"{path}: {(found != wanted).sum()} pixels differ"
        compared += 1
    print(compared)
    sys.exit()


if sys.argv[2:] == ["check"]:
    check()
for index in range(400):
    height, width = (int(side) for side in random.integers(1, 160, 2))
    shapes = [shape(height, width, [0, 0.6][index % 2]) for _ in range(random.integers(0, 9))]
    image = Image.new("L", (width, height))
    for entry in shapes:
        paint(entry, LABELS.index(entry["label"]), image)
    document = {"version": "5.8.3", "flags": {}, "shapes": shapes, "imagePath": f"..\\photos\\{index}.jpg", "imageData": None}
    document |= {"imageHeight": height, "imageWidth": width}
    if index % 5 == 0:
        document |= {"imageData": png(np.zeros((height, width, 3), np.uint8)), "imageHeight": None}
    name(folder / "cases" / f"{index}.json").write_text(json.dumps(document, indent=2))
    pixels = np.asarray(image).astype("<i8")
    name(folder / "truth" / str(index)).write_bytes(struct.pack("<qq", width, height) + pixels.tobytes())
(folder / "cases" / "labels.txt").write_text("\n".join(LABELS) + "\n")
print(400)
