"""Class maps with object maps beside them, by Pillow and NumPy: VOC and Cityscapes.

Usage: object_maps.py make FOLDER    writes both layouts, and of each pixel class x 1000 + number; prints how many images.
       object_maps.py check FORMAT FOLDER WRITTEN   compares what was written with the truth; prints how many images.
"""

import pathlib
import struct
import sys

import numpy as np
from PIL import Image

THINGS = [24, 25, 26, 33]


def voc_palette():
    """As the devkit's VOClabelcolormap: bits from the lowest to the highest, each set to the top of a channel."""
    colours = np.zeros((256, 3), dtype=np.uint8)
    for index in range(256):
        left = index
        for shift in range(7, -1, -1):
            for channel in range(3):
                colours[index, channel] |= (left >> channel & 1) << shift
            left >>= 3
    return colours


def parts(random, height, width, count):
    seeds = random.uniform(0, 1, (count, 2)) * (height, width)
    rows, columns = np.mgrid[:height, :width]
    return np.argmin([(rows - row) ** 2 + (columns - column) ** 2 for row, column in seeds], axis=0)


def write_truth(folder, key, truth):
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<qq", truth.shape[1], truth.shape[0]) + truth.astype("<i8").tobytes())


def read_truth(path):
    data = path.read_bytes()
    width, height = struct.unpack("<qq", data[:16])
    return np.frombuffer(data[16:], dtype="<i8").reshape(height, width)


def make(folder):
    random = np.random.default_rng(5)
    for number in range(60):
        height, width = (int(side) for side in random.integers(1, 80, 2))
        count = int(random.choice([1, 6, 40, 200]))
        part = parts(random, height, width, count)
        # VOC: 21 classes, void, objects numbered over the image in any order; some pixels have no object.
        classes = random.choice([*range(21), 255], count).astype(np.uint8)
        numbers = np.where(random.random(count) < 0.7, random.permutation(np.arange(1, count + 1)), 0)
        numbers = np.where(np.isin(classes, [0, 255]), np.where(classes == 255, 255, 0), numbers).astype(np.uint8)
        truth = classes[part].astype(np.int64) * 1000
        seen = sorted(set(numbers[part].reshape(-1).tolist()) - {0, 255})
        counted = {}
        for value in seen:
            mask = numbers[part] == value
            category = int(classes[part][mask][0])
            counted[category] = counted.get(category, 0) + 1
            truth[mask] += counted[category]
        colours = voc_palette()
        for name, array in {"SegmentationClass": classes, "SegmentationObject": numbers}.items():
            path = folder / "voc" / name / f"2007_{number:06}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(array[part])
            if number % 3 == 2:
                image = Image.fromarray(colours[array[part]])
            elif number % 3 == 1:
                image = image.convert("P")
                image.putpalette(colours.reshape(-1).tolist())
            image.save(path)
        write_truth(folder / "truth" / "voc", f"2007_{number:06}", truth)
        # Cityscapes, as json2instanceImg: id of stuff and groups, id * 1000 + n of things, n from 0 by class.
        classes = random.choice(34, count)
        values, truths, next_of = [], [], {}
        for category in classes.tolist():
            if category in THINGS and random.random() < 0.8:
                n = next_of.get(category, 0)
                next_of[category] = n + 1
                values.append(category * 1000 + n)
                truths.append(category * 1000 + n + 1)
            else:
                values.append(category)
                truths.append(category * 1000)
        key = f"train/ulm/ulm_{number:06}_000019"
        stem = folder / "cityscapes" / "gtFine" / f"{key}_gtFine_"
        stem.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(classes.astype(np.uint8)[part]).save(f"{stem}labelIds.png")
        Image.fromarray(np.array(values, dtype=np.uint16)[part]).save(f"{stem}instanceIds.png")
        Image.new("RGBA", (width, height), (0, 0, 0, 255)).save(f"{stem}color.png")
        write_truth(folder / "truth" / "cityscapes", key, np.array(truths)[part])
    print(60)


def check_voc(truth, stem, written):
    classes, objects = (Image.open(written / name / f"{stem}.png") for name in ["SegmentationClass", "SegmentationObject"])
    assert classes.mode == objects.mode == "P"
    assert np.array_equal(np.array(classes.getpalette()).reshape(-1, 3)[:256], voc_palette())
    classes, objects = np.array(classes), np.array(objects)
    assert np.array_equal(classes, truth // 1000)
    assert np.array_equal(objects == 255, classes == 255)
    assert np.array_equal((objects > 0) & (objects < 255), truth % 1000 > 0)
    # One to one between numbers of the image and numbers of the classes.
    both = {(int(one), int(other)) for one, other in zip(objects.reshape(-1), truth.reshape(-1)) if other % 1000}
    assert len(both) == len({one for one, _ in both}) == len({other for _, other in both})


def check_cityscapes(truth, stem, written):
    labels = Image.open(written / "gtFine" / f"{stem}_gtFine_labelIds.png")
    assert labels.mode == "L" and np.array_equal(np.array(labels), truth // 1000)
    numbered = truth % 1000 > 0
    path = written / "gtFine" / f"{stem}_gtFine_instanceIds.png"
    assert path.exists() == bool(numbered.any())
    if numbered.any():
        assert np.array_equal(np.array(Image.open(path)), np.where(numbered, truth - 1, truth // 1000))


def check(name, folder, written):
    truths = folder / "truth" / name
    paths = [path for path in sorted(truths.rglob("*")) if path.is_file()]
    for path in paths:
        truth = read_truth(path)
        if name == "voc" and not (truth % 1000).any():
            assert np.array_equal(np.array(Image.open(written / "SegmentationClass" / f"{path.name}.png")), truth // 1000)
            continue
        {"voc": check_voc, "cityscapes": check_cityscapes}[name](truth, path.relative_to(truths), written)
    if name == "voc":
        listed = (written / "ImageSets" / "Segmentation" / "trainval.txt").read_text().split()
        assert listed == [path.name for path in paths]
    print(len(paths))


if sys.argv[1] == "make":
    make(pathlib.Path(sys.argv[2]))
else:
    check(sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4]))
