"""Makes the derived test files from the published ones beside them. Deterministic; run from this folder.

Needs numpy, pillow, opencv, pycocotools and tifffile (peers-requirements.txt). Each file is written by the named library, so that
a reader of ours is tested on somebody else's encoder.
"""

import base64
import io
import json
import pathlib

import cv2
import numpy as np
import tifffile
from PIL import Image
from pycocotools import mask as coco_masks

HERE = pathlib.Path(__file__).parent
LABELS = HERE / "formats" / "label-map" / "valid"
ids = np.load(HERE / "demo" / "maps" / "rider.npy")


def case(name):
    folder = LABELS / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# NumPy: types, byte orders, negative IDs, archives.
np.save(case("negative") / "map.npy", np.where(ids == 0, -1, ids.astype(np.int32)).astype(np.int32))
for descr in ["|i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">i4", ">i8", "<u8", ">u8"]:
    np.save(case("types") / f"{descr[1:]}{'-big' if descr[0] == '>' else ''}.npy", ids[64:96, 96:160].astype(descr))
np.savez_compressed(case("npz") / "map.npz", labels=ids)
np.savez(case("npz-members") / "batch.npz", first=ids[:64], second=ids[64:128])

# Pillow: depths, palette, BMP, colours.
small = ids[64:128, 96:160]
ranks = np.searchsorted([0, 13, 15], small).astype(np.uint8)
Image.fromarray((ranks > 0).astype(np.uint8) * 255).convert("1").save(case("grey1") / "map.png")
Image.fromarray(small.astype(np.uint16) * 1000).save(case("grey16-wide") / "map.png")
palette = Image.frombytes("P", (64, 64), small.tobytes())
palette.putpalette([channel for index in range(256) for channel in (index, 255 - index, index // 2)])
palette.save(case("palette-8") / "map.png")
ranked = Image.frombytes("P", (64, 64), ranks.tobytes())
ranked.putpalette([0, 0, 0, 192, 0, 128, 192, 128, 128])
ranked.save(case("palette-2") / "map.png", bits=2)
palette.save(case("bmp") / "map.bmp")
colours = np.array([[0, 0, 0], [192, 0, 128], [192, 128, 128]], dtype=np.uint8)[ranks]
Image.fromarray(colours).save(case("colours") / "map.png")
Image.fromarray(colours).save(case("bmp-colours") / "map.bmp")
names = '[{"id": 0, "name": "background", "color": "#000000"}, {"id": 13, "name": "horse", "color": "#c00080"}, {"id": 15, "name": "person", "color": "#c08080"}]\n'
(case("colours") / "classes.json").write_text(names)
(case("bmp-colours") / "classes.json").write_text(names)

# tifffile: compressions and types.
for name, kind, compression in [
    ("plain-u8", "u1", None),
    ("lzw-u16", "u2", "lzw"),
    ("deflate-u8", "u1", "zlib"),
    ("packbits-u8", "u1", "packbits"),
    ("deflate-i16", "i2", "zlib"),
    ("lzw-u32", "u4", "lzw"),
]:
    values = small.astype(kind) - (1 if kind == "i2" else 0)
    tifffile.imwrite(case("tiff") / f"{name}.tif", values.astype(kind), compression=compression, metadata=None)
tifffile.imwrite(case("tiff") / "tiled-u8.tif", small, tile=(32, 32), compression="zlib", metadata=None)

# Scores: a batch, half precision, Fortran order, double precision. From the published logits.
scores = HERE / "formats" / "scores" / "valid"
logits = np.load(scores / "logits-hwc-f32" / "crop.npy")[:24, :32]
for name, array in {
    "batch-nchw-f16": np.stack([logits.transpose(2, 0, 1), -logits.transpose(2, 0, 1)]).astype(np.float16),
    "fortran-f64": np.asfortranarray(logits.astype(np.float64)),
    "big-endian-f32": logits.transpose(2, 0, 1).astype(">f4"),
}.items():
    (scores / name).mkdir(exist_ok=True)
    np.save(scores / name / "crop.npy", array)

# Mask pairs, by NumPy and Pillow.
PAIRS = HERE / "formats" / "gt-studio" / "valid"
BLACK, HORSE, PERSON = (0, 0, 0, 0), (192, 0, 128, 255), (192, 128, 128, 255)


def pair(name, masks, legend, classes=None):
    folder = PAIRS / name
    for key, codes, table in masks:
        path = folder / f"{key}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.array(table, dtype=np.uint8)[codes]).save(path)
    for key, text in legend.items():
        path = folder / f"{key}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if classes:
        (folder / "classes.json").write_text(classes)


semantic = '{\n  "#c00080": "horse",\n  "#c08080": "person"\n}\n'
table = [BLACK, HORSE, PERSON]
pair("semantic", [("masks/a", ranks, table), ("masks/b/c", ranks[::-1], table)], {"legend": semantic}, names)
halves = ranks + 2 * ((ranks == 2) & (np.arange(64) >= 40))
numbered = [BLACK, (200, 10, 120, 255), (200, 120, 130, 255), BLACK, (180, 140, 120, 255)]
pair(
    "instances",
    [("masks/a", halves, numbered)],
    {"legends/a": '{"#C80A78": "horse # 1", "#C87882": "person # 1", "#B48C78": "person #2"}\n'},
    names,
)
pair(
    "result-list",
    [("map", ranks, table)],
    {"map": '[{"id": 1, "text": "horse", "color": "rgb(192, 0, 128)"}, {"id": 2, "text": "person", "color": "rgb(192, 128, 128)"}]\n'},
)

# COCO: run lengths by pycocotools in both forms, outlines by OpenCV, a crowd; the image is named as Windows does.
COCO = HERE / "formats" / "coco" / "valid"


def rle(mask, compressed):
    found = coco_masks.encode(np.asfortranarray(mask.astype(np.uint8)))
    text = found["counts"].decode()
    if compressed:
        return {"size": found["size"], "counts": text}
    flat = mask.flatten("F").astype(np.int8)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], flat, [1 - flat[-1]]])))
    return {"size": found["size"], "counts": np.diff(np.concatenate([[0], ends])).tolist()}


def outlines(mask):
    rings, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [ring.reshape(-1).astype(float).tolist() for ring in rings if len(ring) > 2]


objects = [
    {"category_id": 13, "segmentation": outlines(ids == 13), "iscrowd": 0},
    {"category_id": 15, "segmentation": rle(ids == 15, True), "iscrowd": 0},
    {"category_id": 13, "segmentation": rle((ids == 13) & (np.arange(ids.shape[1]) < 100), False), "iscrowd": 1},
]
document = {
    "info": {"description": "made by derive.py"},
    "images": [
        {"id": "rider", "width": ids.shape[1], "height": ids.shape[0], "file_name": "photos\\rider.jpg"},
        {"id": 2, "width": 7.0, "height": 5, "coco_url": "http://images.cocodataset.org/val2017/000000000002.jpg"},
    ],
    "annotations": [{"id": index, "image_id": "rider", **item} for index, item in enumerate(objects)],
    "categories": [{"id": 13, "name": "horse", "isthing": 1}, {"id": 15, "name": "person", "color": [192, 128, 128]}],
}
COCO.mkdir(parents=True, exist_ok=True)
(COCO / "rider.json").write_text(json.dumps(document))

# Results for the same image: with its dataset beside it, and alone.
RESULTS = HERE / "formats" / "coco-results" / "valid"
found = [
    {"image_id": 139, "category_id": 13, "segmentation": rle(ids == 13, True), "score": 0.75},
    {"image_id": 139, "category_id": 15, "segmentation": rle(ids == 15, True), "score": 0.5, "bbox": [0, 0, 9, 9]},
]
images = [
    {"id": 139, "width": ids.shape[1], "height": ids.shape[0], "file_name": "000000000139.jpg"},
    {"id": 285, "width": 9, "height": 4, "file_name": "000000000285.jpg"},
]
(RESULTS / "with-dataset").mkdir(parents=True, exist_ok=True)
(RESULTS / "with-dataset" / "results.json").write_text(json.dumps(found))
listed = {"images": images, "annotations": [], "categories": document["categories"]}
(RESULTS / "with-dataset" / "instances_val.json").write_text(json.dumps(listed))
(RESULTS / "alone.json").write_text(json.dumps(found))

# LVIS: the annotations come first, images have an address only.
LVIS = HERE / "formats" / "lvis" / "valid"
LVIS.mkdir(parents=True, exist_ok=True)
image = {"id": 397133, "width": ids.shape[1], "height": ids.shape[0]}
image["coco_url"] = "http://images.cocodataset.org/val2017/000000397133.jpg"
lvis = {
    "info": {"description": "made by derive.py"},
    "annotations": [{"id": 1, "image_id": 397133, "category_id": 1203, "segmentation": outlines(ids == 15)}],
    "images": [{**image, "neg_category_ids": [5], "not_exhaustive_category_ids": []}],
    "categories": [{"id": 1203, "name": "zucchini", "synset": "zucchini.n.02", "frequency": "c"}],
}
(LVIS / "lvis_v1_val.json").write_text(json.dumps(lvis))

# labelme: outlines by OpenCV, a mask by Pillow, one of each other shape; the size is in the file, or in the photograph.
LABELME = HERE / "formats" / "labelme" / "valid"


def embedded(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def labelme(path, shapes, **members):
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = [{"group_id": None, "description": "", "flags": {}, "mask": None, **shape} for shape in shapes]
    file = {"version": "5.8.3", "flags": {}, "shapes": shapes, "imagePath": "..\\photos\\rider.jpg", "imageData": None}
    file |= {"imageHeight": ids.shape[0], "imageWidth": ids.shape[1], **members}
    path.write_text(json.dumps(file, indent=2))


def drawn(mask, label, **members):
    rings = [np.reshape(ring, (-1, 2)).tolist() for ring in outlines(mask)]
    return [{"label": label, "points": ring, "shape_type": "polygon", **members} for ring in rings]


left = ids[:, :100] == 13
rows, columns = np.flatnonzero(left.any(1)), np.flatnonzero(left.any(0))
box = [[int(columns[0]), int(rows[0])], [int(columns[-1]), int(rows[-1])]]
inside = left[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
group = {"group_id": 1}
labelme(
    LABELME / "listed" / "rider.json",
    drawn(ids == 13, "horse", **group)
    + drawn(ids == 15, "person")
    + [{"label": "horse", "points": box, "shape_type": "mask", "mask": embedded(inside.astype(np.uint8)), **group}],
)
(LABELME / "listed" / "labels.txt").write_text("__ignore__\n_background_\nhorse\nperson\n")
points = [[30.5, 40.25], [80, 61.75], [60, 90]]
kinds = {"rectangle": 2, "circle": 2, "line": 2, "linestrip": 3, "point": 1, "points": 3, "oriented_rectangle": 3}
shapes = [{"label": kind, "points": points[:count], "shape_type": kind} for kind, count in kinds.items()]
labelme(LABELME / "kinds" / "a.json", shapes)
photo = {"imageData": embedded(ids), "imageHeight": None, "imageWidth": None}
labelme(LABELME / "kinds" / "b" / "embedded.json", drawn(ids == 15, "person") + shapes[:1], **photo)

# VOC: class and object map by Pillow, with a void border around what OpenCV dilates.
VOC = HERE / "formats" / "voc" / "valid" / "devkit" / "VOC2012"
bits = np.arange(256)[:, None] >> (3 * np.arange(8)) & 1, np.arange(256)[:, None] >> (3 * np.arange(8) + 1) & 1
bits = [*bits, np.arange(256)[:, None] >> (3 * np.arange(8) + 2) & 1]
voc_palette = np.stack([(channel << (7 - np.arange(8))).sum(axis=1) for channel in bits], axis=-1).astype(np.uint8)
left = (ids == 13) & (np.arange(ids.shape[1]) < 100)
numbers = np.where(left, 2, np.where(ids == 13, 3, np.where(ids == 15, 1, 0))).astype(np.uint8)
border = cv2.morphologyEx(ids, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
for folder, array in {"SegmentationClass": ids, "SegmentationObject": numbers}.items():
    (VOC / folder).mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.where(border, 255, array).astype(np.uint8)).convert("P")
    image.putpalette(voc_palette.reshape(-1).tolist())
    image.save(VOC / folder / "2012_000001.png")
(VOC / "ImageSets" / "Segmentation").mkdir(parents=True, exist_ok=True)
(VOC / "ImageSets" / "Segmentation" / "val.txt").write_text("2012_000001\n")

# Cityscapes: horse as rider 25 in two objects, person 24 as a group; the coloured map is opaque where it is void.
CITY = HERE / "formats" / "cityscapes" / "valid" / "demo" / "gtFine" / "val" / "demo"
CITY.mkdir(parents=True, exist_ok=True)
labels = np.select([ids == 13, ids == 15], [25, 24], 0).astype(np.uint8)
values = np.select([left, ids == 13, ids == 15], [25000, 25001, 24], 0).astype(np.uint16)
Image.fromarray(labels).save(CITY / "demo_000000_000019_gtFine_labelIds.png")
Image.fromarray(values).save(CITY / "demo_000000_000019_gtFine_instanceIds.png")
shown = np.array([[0, 0, 0, 255], [255, 0, 0, 255], [220, 20, 60, 255]], dtype=np.uint8)[np.searchsorted([0, 24, 25], labels)]
Image.fromarray(shown).save(CITY / "demo_000000_000019_gtFine_color.png")

# Its polygons: as OpenCV finds them, a group and a deleted object beside; the plate has a negative ID.
STREET = HERE / "formats" / "cityscapes" / "valid" / "polygons" / "gtFine" / "val" / "demo"
STREET.mkdir(parents=True, exist_ok=True)
ring = lambda mask: max((np.reshape(ring, (-1, 2)).tolist() for ring in outlines(mask)), key=len)
corners = lambda x, y, side: [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
painted = [
    {"label": "road", "polygon": [[-5, 60], [ids.shape[1], 60], [ids.shape[1], ids.shape[0]], [-5, ids.shape[0]]]},
    {"label": "rider", "polygon": ring(left)},
    {"label": "rider", "polygon": ring((ids == 13) & ~left)},
    {"label": "persongroup", "polygon": ring(ids == 15)},
    {"label": "polegroup", "polygon": corners(2, 3, 9)},
    {"label": "static", "polygon": corners(20, 3, 9), "deleted": 0},
    {"label": "car", "polygon": corners(30, 30, 40), "deleted": 1},
    {"label": "license plate", "polygon": corners(40, 3, 4)},
]
street = {"imgHeight": ids.shape[0], "imgWidth": ids.shape[1], "objects": painted}
(STREET / "demo_000000_000019_gtFine_polygons.json").write_text(json.dumps(street, indent=4))

# YOLO: outlines by OpenCV, divided by the sides; splits inside and outside `labels`, scores, and all in one folder.
YOLO = HERE / "formats" / "yolo" / "valid"


def yolo(path, size, found, photo):
    """Label lines beside a photograph: `found` is class, ring and perhaps a score."""
    lines = []
    for number, ring, *score in found:
        shares = np.reshape(ring, (-1, 2)) / size
        lines.append(" ".join([str(number), *(f"{share:.6f}" for share in shares.reshape(-1)), *map(str, score)]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n" if lines else "")
    photo.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, 128).save(photo, optimize=True)


size = (ids.shape[1], ids.shape[0])
found = [(0, ring) for ring in outlines(ids == 13)] + [(1, ring) for ring in outlines(ids == 15)]
coco = YOLO / "coco-layout"
yolo(coco / "labels" / "train" / "rider.txt", size, found, coco / "images" / "train" / "rider.jpg")
yolo(coco / "labels" / "val" / "empty.txt", (31, 17), [], coco / "images" / "val" / "empty.png")
names = "names:\n  0: horse\n  1: person\n"
(coco / "data.yaml").write_text(f"path: .\ntrain: images/train\nval: images/val\n\n# Classes\n{names}")
export = YOLO / "export-layout"
yolo(export / "train" / "labels" / "rider.txt", size, found[::-1], export / "train" / "images" / "rider.png")
(export / "data.yaml").write_text("train: ../train/images\nval: ../valid/images\n\nnc: 2\nnames: ['horse', 'person']\n")
scored = [(number, ring, 0.25 + 0.5 * number) for number, ring in found]
yolo(YOLO / "beside" / "rider.txt", size, scored, YOLO / "beside" / "rider.webp")
(YOLO / "beside" / "classes.txt").write_text("horse\nperson\n")

# Label Studio: brush strokes as label-studio-sdk encoded them, beside each other form; what was uploaded keeps its digits.
STUDIO = HERE / "formats" / "label-studio" / "valid"
strokes = json.loads((HERE / "brush" / "deeplab_astronaut.json").read_text())["classes"]
original = {"original_width": 513, "original_height": 513, "image_rotation": 0, "from_name": "label", "to_name": "image"}


def region(kind, label, **value):
    return {**original, "type": kind, "value": {**value, kind if kind.endswith("labels") else "labels": [label]}}


drawn_by_hand = [
    region("brushlabels", f"class {name}", format="rle", rle=stroke["label_studio_brush_rle"]) for name, stroke in strokes.items()
]
drawn_by_hand += [
    region("rectanglelabels", "box", x=60, y=5, width=20, height=10, rotation=30),
    region("ellipselabels", "ball", x=20, y=20, radiusX=12, radiusY=6, rotation=45),
]
drawn_by_hand.insert(0, {"id": 3, "type": "choices", "from_name": "quality", "to_name": "image", "value": {"choices": ["sharp"]}})
tasks = [
    {
        "id": 1,
        "data": {"image": "/data/upload/3/1a2b3c4d-astronaut.jpg"},
        "annotations": [
            {"id": 5, "was_cancelled": False, "updated_at": "2024-05-02T10:00:00Z", "result": drawn_by_hand},
            {"id": 4, "was_cancelled": False, "updated_at": "2024-05-01T10:00:00Z", "result": drawn_by_hand[:1]},
            {"id": 6, "was_cancelled": True, "updated_at": "2024-05-03T10:00:00Z", "result": []},
        ],
        "predictions": [17],
    },
    {
        "id": 2,
        "data": {"image": "s3://bucket/photos/rocket.png?v=2"},
        "annotations": [],
        "predictions": [{"score": 0.75, "result": [region("polygonlabels", "box", points=[[10, 10], [60, 10], [35, 70]])]}],
    },
    {"id": 3, "data": {"image": "/data/upload/3/5e6f7081-later.jpg"}, "annotations": [], "predictions": []},
]
(STUDIO / "forms").mkdir(parents=True, exist_ok=True)
(STUDIO / "forms" / "project-1.json").write_text(json.dumps(tasks))
(STUDIO / "task-a-file").mkdir(parents=True, exist_ok=True)
for task in tasks[:2]:
    (STUDIO / "task-a-file" / f"{task['id']}.json").write_text(json.dumps(task))
(STUDIO / "task-a-file" / "classes.txt").write_text("\n".join(["background", *(f"class {name}" for name in strokes), "box", "ball"]) + "\n")
