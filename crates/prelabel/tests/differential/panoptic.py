"""COCO panoptic maps by Pillow and NumPy, in panopticapi's arithmetic.

Usage: panoptic.py make FOLDER      writes random maps, and of each pixel its class and object; prints how many.
       panoptic.py check MADE WRITTEN   compares what was written with what was made, segment by segment.
"""

import json
import pathlib
import struct
import sys

import numpy as np
from PIL import Image

CATEGORIES = [{"id": 1, "name": "car", "isthing": 1, "color": [0, 0, 142]}, {"id": 7, "name": "road", "isthing": 0}]
CATEGORIES += [{"id": 90, "name": "person", "isthing": 1, "color": [220, 20, 60]}, {"id": 200, "name": "sky", "isthing": 0}]
THINGS = {category["id"] for category in CATEGORIES if category["isthing"]}


def rgb2id(png):
    colours = np.array(Image.open(png), dtype=np.uint32)
    return colours[..., 0] + 256 * colours[..., 1] + 256 * 256 * colours[..., 2]


def box(mask):
    columns, rows = np.nonzero(mask.any(axis=0))[0], np.nonzero(mask.any(axis=1))[0]
    return [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]


def make(folder):
    random = np.random.default_rng(11)
    images, annotations = [], []
    (folder / "cases" / "panoptic").mkdir(parents=True)
    (folder / "truth").mkdir()
    for number in range(1, 101):
        height, width = (int(side) for side in random.integers(1, 90, 2))
        count = int(random.choice([1, 5, 30, 400]))
        seeds = random.uniform(0, 1, (count, 2)) * (height, width)
        rows, columns = np.mgrid[:height, :width]
        near = [(rows - row) ** 2 + (columns - column) ** 2 for row, column in seeds]
        part = np.argmin(near, axis=0)
        if number % 5 == 0:
            part = random.integers(0, count, (height, width))
        ids = random.choice(np.arange(1, 1 << 24), count, replace=False)
        classes = random.choice([0, 1, 7, 90, 200], count)
        # Stuff and crowds are one segment an image.
        crowd = {category: bool(random.integers(0, 2)) for category in THINGS}
        whole = {}
        segments, truth, numbers = [], np.zeros((height, width), dtype="<i8"), {}
        for index in range(count):
            category = int(classes[index])
            mask = part == index
            if category == 0 or not mask.any():
                ids[index] = 0
                continue
            is_crowd = category in THINGS and crowd[category] and index % 3 == 0
            if category not in THINGS or is_crowd:
                if category in whole:
                    ids[index] = whole[category]
                    truth[mask] = category * 1000
                    continue
                whole[category] = ids[index]
                truth[mask] = category * 1000
            else:
                numbers[category] = numbers.get(category, 0) + 1
                truth[mask] = category * 1000 + numbers[category]
            segments.append({"id": int(ids[index]), "category_id": category, "iscrowd": int(is_crowd)})
        painted = ids[part]
        for segment in segments:
            mask = painted == segment["id"]
            segment.update(area=int(mask.sum()), bbox=box(mask))
        colours = np.stack([painted % 256, painted // 256 % 256, painted // 65536], axis=-1).astype(np.uint8)
        Image.fromarray(colours).save(folder / "cases" / "panoptic" / f"{number}.png")
        images.append({"id": number, "width": width, "height": height, "file_name": f"{number}.jpg"})
        annotations.append({"image_id": number, "file_name": f"{number}.png", "segments_info": segments})
        head = struct.pack("<qq", width, height)
        (folder / "truth" / str(number)).write_bytes(head + truth.tobytes())
    document = {"info": {"year": 2018}, "images": images, "annotations": annotations, "categories": CATEGORIES}
    (folder / "cases" / "panoptic.json").write_text(json.dumps(document))
    print(len(images))


def segments(folder):
    """Of each image its segments: category, crowd, and the mask itself. Area and box must be those of the mask."""
    document = json.loads((folder / "panoptic.json").read_text())
    images = {image["id"]: image for image in document["images"]}
    assert len(images) == len(document["images"]) == len(document["annotations"])
    found = {}
    for annotation in document["annotations"]:
        image = images[annotation["image_id"]]
        ids = rgb2id(folder / "panoptic" / annotation["file_name"])
        assert ids.shape == (image["height"], image["width"])
        listed = [segment["id"] for segment in annotation["segments_info"]]
        assert len(set(listed)) == len(listed) and set(listed) == set(np.unique(ids).tolist()) - {0}
        masks = set()
        for segment in annotation["segments_info"]:
            mask = ids == segment["id"]
            assert segment["area"] == mask.sum() and segment["bbox"] == box(mask), segment
            masks.add((segment["category_id"], segment["iscrowd"], mask.tobytes()))
        assert len(masks) == len(listed)
        found[image["file_name"]] = masks
    return found, {entry["id"]: (entry["name"], entry["isthing"]) for entry in document["categories"]}


def check(made, written):
    ours, theirs = segments(made), segments(written)
    assert ours == theirs
    print(len(ours[0]))


globals()[sys.argv[1]](*(pathlib.Path(argument) for argument in sys.argv[2:]))
