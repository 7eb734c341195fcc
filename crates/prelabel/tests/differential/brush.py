"""Label Studio's brush codec on random masks, and its reading of ours.

Usage: brush.py make FOLDER writes NAME.mask (width, height, values as int64) and NAME.rle, and prints their number.
Usage: brush.py read FOLDER decodes each NAME.ours, compares it with NAME.mask, and prints how many are alike.
Usage: brush.py sound FOLDER writes NAME.rle of blocks that its encoder does not make, and NAME.mask as it decodes them.
"""

import importlib.metadata
import importlib.util
import pathlib
import struct
import sys

import numpy as np

# The codec alone: the package around it wants a hundred megabytes of others.
(place,) = [file for file in importlib.metadata.files("label-studio-sdk") if str(file).endswith("converter/brush.py")]
spec = importlib.util.spec_from_file_location("brush", place.locate())
brush = importlib.util.module_from_spec(spec)
spec.loader.exec_module(brush)

way, folder = sys.argv[1], pathlib.Path(sys.argv[2])
random = np.random.default_rng(3)


def keep(name, mask):
    height, width = mask.shape
    data = struct.pack("<qq", width, height) + (mask > 0).astype("<i8").tobytes()
    (folder / f"{name}.mask").write_bytes(data)


def load(path):
    data = path.read_bytes()
    width, height = struct.unpack("<qq", data[:16])
    return np.frombuffer(data[16:], dtype="<i8").reshape(height, width)


if way == "make":
    count = 0
    for number in range(400):
        height, width = (int(side) for side in random.integers(1, [12, 70, 300][number % 3], 2))
        mask = random.random((height, width)) < random.choice([0, 0.001, 0.02, 0.5, 0.98, 1])
        if number % 4 == 0:
            mask = np.repeat(np.repeat(mask, 5, 0), 5, 1)
        keep(number, mask)
        rle = brush.mask2rle(mask.astype(np.uint8) * 255)
        (folder / f"{number}.rle").write_bytes(bytes(rle))
        count += 1
    print(count)
elif way == "sound":
    count = 0
    for number in range(300):
        height, width = (int(side) for side in random.integers(1, 20, 2))
        num, word = height * width * 4, int(random.integers(1, 9))
        sizes = [int(size) for size in random.integers(1, 17, 4)]
        bits = f"{num:032b}{word - 1:05b}" + "".join(f"{size - 1:04b}" for size in sizes)
        at = 0
        while at < num:
            index = int(random.integers(0, 4))
            length = int(random.integers(1, min(num - at, 1 << sizes[index]) + 1))
            repeated = int(random.integers(0, 2))
            bits += f"{repeated}{index:02b}{length - 1:0{sizes[index]}b}"
            for _ in range(1 if repeated else length):
                value = 0 if random.random() < 0.5 else int(random.integers(0, 1 << word))
                bits += f"{value:0{word}b}"
            at += length
        rle = brush.bits2byte(bits + "0" * (-len(bits) % 8))
        (folder / f"{number}.rle").write_bytes(bytes(rle))
        keep(number, brush.decode_rle(rle).reshape(height, width, 4)[:, :, 3])
        count += 1
    print(count)
else:
    alike = 0
    for path in sorted(folder.glob("*.ours")):
        mask = load(path.with_suffix(".mask"))
        found = brush.decode_rle(list(path.read_bytes())).reshape(*mask.shape, 4)
        alike += bool((found == (mask * 255)[..., None]).all())
    print(alike)
