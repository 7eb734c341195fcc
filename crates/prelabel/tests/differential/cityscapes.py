"""Random polygons of Cityscapes, drawn by Pillow as json2labelImg and json2instanceImg of cityscapesscripts 2.3.0 do.

Usage: cityscapes.py FOLDER    writes FOLDER/cases, and of each pixel its class to FOLDER/truth and class x 1000 + number
to FOLDER/numbered, numbers counted over the objects that are seen; prints how many images. Where cityscapesscripts is
installed, its own maps must be the same.
"""

import json
import pathlib
import struct
import sys

import numpy as np
from PIL import Image, ImageDraw

try:
    from cityscapesscripts.helpers.annotation import Annotation
    from cityscapesscripts.preparation.json2instanceImg import createInstanceImage
    from cityscapesscripts.preparation.json2labelImg import createLabelImage
except ImportError:
    Annotation = None

# The table of labels.py.
NAMES = """unlabeled;ego vehicle;rectification border;out of roi;static;dynamic;ground;road;sidewalk;parking;rail track;
building;wall;fence;guard rail;bridge;tunnel;pole;polegroup;traffic light;traffic sign;vegetation;terrain;sky;person;
rider;car;truck;bus;caravan;trailer;train;motorcycle;bicycle""".replace("\n", "").split(";")
IDS = {name: index for index, name in enumerate(NAMES)} | {"license plate": -1}
NUMBERED = range(24, 34)


def polygon(random, height, width):
    count = int(random.choice([3, 4, 5, 8, 20, 100]))
    kind = random.integers(4)
    if kind == 0:  # self-crossing, off the image
        points = random.uniform(-0.3, 1.3, (count, 2)) * (width, height)
    else:
        angles = np.sort(random.uniform(0, 2 * np.pi, count))
        radius = random.uniform(0.05, 0.6, count if kind == 1 else 1) * min(width, height)
        centre = random.uniform(0, 1, 2) * (width, height)
        points = centre + np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=-1)
    return points.tolist() if random.random() < 0.2 else points.astype(int).tolist()


def draw(objects, height, width):
    """Class IDs, and values of instanceIds."""
    classes, values = Image.new("L", (width, height), 0), Image.new("I", (width, height), 0)
    counted = {}
    for entry in objects:
        label, group = entry["label"], False
        if entry.get("deleted", 0):
            continue
        if label not in IDS and label.endswith("group"):
            label, group = label[: -len("group")], True
        value = IDS[label]
        if value < 0:
            continue
        points = [tuple(point) for point in entry["polygon"]]
        ImageDraw.Draw(classes).polygon(points, fill=value)
        if value in NUMBERED and not group:
            counted[label] = counted.get(label, -1) + 1
            value = value * 1000 + counted[label]
        ImageDraw.Draw(values).polygon(points, fill=value)
    return np.array(classes), np.array(values)


def write_truth(folder, key, truth):
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<qq", truth.shape[1], truth.shape[0]) + truth.astype("<i8").tobytes())


def main(folder, images=150):
    random = np.random.default_rng(11)
    labels = [*IDS, *(f"{NAMES[index]}group" for index in NUMBERED)] + [NAMES[index] for index in NUMBERED] * 3
    checked = 0
    for number in range(images):
        height, width = (int(side) for side in random.integers(4, 160, 2))
        objects = []
        for _ in range(int(random.choice([0, 1, 5, 40]))):
            entry = {"label": str(random.choice(labels)), "polygon": polygon(random, height, width)}
            deleted = int(random.integers(6))
            objects.append(entry | ({"deleted": [0, 1][deleted]} if deleted < 2 else {}))
        key = f"train/ulm/ulm_{number:06}_000019"
        kind = "gtCoarse" if number % 5 == 0 else "gtFine"
        path = folder / "cases" / "gtFine" / f"{key}_{kind}_polygons.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"imgHeight": height, "imgWidth": width, "objects": objects}, indent=4))
        classes, values = draw(objects, height, width)
        if Annotation:
            annotation = Annotation()
            annotation.fromJsonFile(str(path))
            assert np.array_equal(classes, np.array(createLabelImage(annotation, "ids")))
            assert np.array_equal(values, np.array(createInstanceImage(annotation, "ids")))
            checked += 1
        assert np.array_equal(np.where(values < 1000, values, values // 1000), classes)
        # Of the values that are seen, the n-th of a class.
        truth = classes.astype(np.int64) * 1000
        for category in NUMBERED:
            seen = [value for value in np.unique(values) if value >= 1000 and value // 1000 == category]
            for rank, value in enumerate(seen, 1):
                truth[values == value] += rank
        write_truth(folder / "truth", pathlib.Path(key).name, classes)
        write_truth(folder / "numbered", key, truth)
    print(f"{checked} compared with cityscapesscripts", file=sys.stderr)
    print(images)


main(pathlib.Path(sys.argv[1]))
