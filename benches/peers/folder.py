"""A folder of NPY maps to RGBA masks, as one writes it with a process a core. Usage: folder.py TOOL IN OUT PALETTE"""

import multiprocessing
import os
import pathlib
import sys

import numpy as np

TOOL, IN, OUT, PALETTE = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]


def pillow(path):
    from PIL import Image

    Image.fromarray(LUT[np.load(path)]).save(OUT / f"{path.stem}.png")


def opencv(path):
    import cv2

    labels = np.load(path)
    cv2.imwrite(str(OUT / f"{path.stem}.png"), PACKED.take(labels).view(np.uint8).reshape(*labels.shape, 4))


def datumaro():
    """Datumaro knows no RGBA masks; its colour-coded CamVid layout is the nearest thing that it writes."""
    from datumaro.components.annotation import AnnotationType, LabelCategories, Mask, MaskCategories
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem

    names = [f"class {index}" for index in range(256)]
    colors = {index: tuple(int(channel) for channel in LUT[index][:3]) for index in range(256)}

    def item(path):
        labels = np.load(path)
        masks = [Mask(labels == index, label=int(index)) for index in np.unique(labels)]
        return DatasetItem(path.stem, subset="default", annotations=masks)

    categories = {
        AnnotationType.label: LabelCategories.from_iterable(names),
        AnnotationType.mask: MaskCategories(colors),
    }
    items = [item(path) for path in sorted(IN.glob("*.npy"))]
    Dataset.from_iterable(items, categories=categories).export(
        str(OUT), "camvid", save_media=False, label_map="source"
    )


LUT = np.load(PALETTE)
PACKED = np.ascontiguousarray(LUT[:, [2, 1, 0, 3]]).view(np.uint32)[:, 0]

if __name__ == "__main__":
    if TOOL == "Datumaro":
        datumaro()
    else:
        if TOOL == "OpenCV":
            import cv2

            cv2.setNumThreads(1)
        with multiprocessing.Pool(os.cpu_count()) as pool:
            for _ in pool.imap_unordered({"Pillow": pillow, "OpenCV": opencv}[TOOL], sorted(IN.glob("*.npy")), 8):
                pass
