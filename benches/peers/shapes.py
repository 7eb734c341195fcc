"""Polygons, run lengths and label maps in memory, from one to another: the loops that users of these libraries write,
each with the memory order that helps it."""

import json
import sys

import numpy as np
from serve import serve


def load(command):
    path = command["input"]
    if command["form"] == "map":
        return np.load(path)
    return json.load(open(path))


def classes(labels):
    """Those of a map; 0 is the background."""
    return [int(value) for value in np.unique(labels) if value]


# Polygons painted in order into a label map.


def polygons(scene):
    return [np.array(ring, np.float64).reshape(-1, 2) for ring in scene["polygons"]], scene["classes"]


def fill_opencv(scene):
    import cv2

    rings, values = polygons(scene)
    rings = [np.round(ring).astype(np.int32) for ring in rings]

    def job():
        labels = np.zeros((scene["height"], scene["width"]), np.uint8)
        for ring, value in zip(rings, values):
            cv2.fillPoly(labels, [ring], value)
        return labels

    return job


def fill_pillow(scene):
    from PIL import Image, ImageDraw

    rings, values = polygons(scene)
    rings = [ring.ravel().tolist() for ring in rings]

    def job():
        image = Image.new("L", (scene["width"], scene["height"]))
        draw = ImageDraw.Draw(image)
        for ring, value in zip(rings, values):
            draw.polygon(ring, fill=value)
        return np.asarray(image)

    return job


def fill_rasterio(scene):
    from rasterio.features import rasterize

    rings, values = polygons(scene)
    shapes = [
        ({"type": "Polygon", "coordinates": [ring.tolist() + [ring[0].tolist()]]}, value)
        for ring, value in zip(rings, values)
    ]
    return lambda: rasterize(shapes, out_shape=(scene["height"], scene["width"]), dtype="uint8")


def fill_coco(mask):
    def prepare(scene):
        rings, values = polygons(scene)
        rings = [[ring.ravel().tolist()] for ring in rings]
        height, width = scene["height"], scene["width"]

        def job():
            labels = np.zeros((height, width), np.uint8, order="F")
            for ring, value in zip(rings, values):
                labels[mask.decode(mask.frPyObjects(ring, height, width))[..., 0] != 0] = value
            return labels

        return job

    return prepare


# A label map to COCO's run lengths.


def encode_coco(mask, columns):
    def prepare(labels):
        def usual():
            return [
                [value, mask.encode(np.asfortranarray(labels == value).view(np.uint8))["counts"]]
                for value in classes(labels)
            ]

        def by_columns():
            # Turned once: comparing then gives what the encoder wants.
            turned = np.asfortranarray(labels)
            return [[value, mask.encode((turned == value).view(np.uint8))["counts"]] for value in classes(labels)]

        return by_columns if columns else usual

    return prepare


def encode_rlemasklib(strings):
    def prepare(labels):
        from rlemasklib import RLEMask

        if not strings:
            return lambda: list(RLEMask.from_label_map(labels).items())
        return lambda: [[value, mask.to_dict()["counts"]] for value, mask in RLEMask.from_label_map(labels).items()]

    return prepare


def strings(found):
    def text(counts):
        counts = counts if isinstance(counts, (str, bytes)) else counts.to_dict()["counts"]
        return counts if isinstance(counts, str) else counts.decode()

    return json.dumps([[value, text(counts)] for value, counts in found]).encode()


# COCO's run lengths to a label map.


def masks(scene):
    size = [scene["height"], scene["width"]]
    return [({"size": size, "counts": text.encode()}, value) for value, text in scene["masks"]]


def decode_coco(mask, columns):
    def prepare(scene):
        rles = masks(scene)

        def job():
            # What decodes by columns is painted by columns, if that is asked.
            labels = np.zeros((scene["height"], scene["width"]), np.uint8, order="F" if columns else "C")
            for rle, value in rles:
                labels[mask.decode(rle) != 0] = value
            return np.ascontiguousarray(labels)

        return job

    return prepare


def decode_rlemasklib(scene):
    from rlemasklib import RLEMask

    rles = masks(scene)

    def job():
        labels = np.zeros((scene["height"], scene["width"]), np.uint8)
        for rle, value in rles:
            RLEMask.from_dict(rle).decode_into(labels, fg_value=value)
        return labels

    return job


# A label map to polygons; what they give is painted back for the check.


def contours_opencv(find):
    def prepare(labels):
        import cv2

        cv2.setNumThreads(1)
        return lambda: [
            (value, *find(cv2, cv2.compare(labels, value, cv2.CMP_EQ))) for value in classes(labels)
        ], lambda found: painted(cv2, labels, found)

    return prepare


def painted(cv2, labels, found):
    back = np.zeros_like(labels)
    for value, contours, _ in found:
        cv2.drawContours(back, contours, -1, value, cv2.FILLED)
    return back.tobytes()


def contours_supervision(labels):
    import cv2
    import supervision

    cv2.setNumThreads(1)
    job = lambda: [(value, supervision.mask_to_polygons(labels == value), None) for value in classes(labels)]
    return job, lambda found: painted(cv2, labels, found)


def contours_rasterio(labels):
    from rasterio.features import rasterize, shapes

    def back(found):
        return rasterize(found, out_shape=labels.shape, dtype="uint8").tobytes()

    return lambda: [(shape, int(value)) for shape, value in shapes(labels, mask=labels != 0)], back


def module(name):
    if name.startswith("pycocotools"):
        from pycocotools import mask
    elif name == "faster-coco-eval":
        from faster_coco_eval.core import mask
    else:
        from hotcoco import mask
    return mask


COCO = ["pycocotools", "pycocotools columns", "faster-coco-eval", "hotcoco"]
FILL = {"OpenCV fillPoly": fill_opencv, "Pillow": fill_pillow, "rasterio": fill_rasterio}
TRACE = {
    "OpenCV findContours": contours_opencv(lambda cv2, m: cv2.findContours(m, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)),
    "OpenCV LinkRuns": contours_opencv(lambda cv2, m: cv2.findContoursLinkRuns(m)),
    "rasterio shapes": contours_rasterio,
    "supervision": contours_supervision,
}


def plain(labels):
    return np.ascontiguousarray(labels).tobytes()


def prepare(command):
    name, task, given = sys.argv[1], command["task"], load(command)
    if task == "trace":
        return TRACE[name](given)
    if task == "encode-rle":
        if name.startswith("RLEMaskLib"):
            return encode_rlemasklib("strings" in name)(given), strings
        return encode_coco(module(name), "columns" in name)(given), strings
    if task == "decode-rle":
        job = decode_rlemasklib(given) if name == "RLEMaskLib" else decode_coco(module(name), "columns" in name)(given)
    else:
        job = FILL[name](given) if name in FILL else fill_coco(module(name))(given)
    return job, plain


if len(sys.argv) > 1:
    if sys.argv[1].startswith("OpenCV"):
        import cv2

        cv2.setNumThreads(1)
    elif sys.argv[1] in COCO:
        module(sys.argv[1])
    serve(prepare)
