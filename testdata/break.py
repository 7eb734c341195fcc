"""Makes the broken test files: each is a valid file with one thing wrong, or says what it should not.

Deterministic; run from this folder after derive.py. Needs numpy and pillow (peers-requirements.txt).
"""

import base64
import copy
import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent / "formats"
labels = HERE / "label-map" / "invalid"
scores = HERE / "scores" / "invalid"
pairs = HERE / "gt-studio" / "invalid"
coco = HERE / "coco" / "invalid"
for folder in [labels, scores, pairs, coco]:
    folder.mkdir(parents=True, exist_ok=True)


def npy(array, **kwargs):
    stream = io.BytesIO()
    np.save(stream, array, **kwargs)
    return stream.getvalue()


def header(descr, shape, version=1, order=False):
    text = f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text


def png(image, **kwargs):
    stream = io.BytesIO()
    image.save(stream, "PNG", **kwargs)
    return stream.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ids = np.arange(16, dtype=np.int32).reshape(4, 4)
grey = png(Image.fromarray(ids.astype(np.uint8)))
whole = npy(ids)
deep = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0))
deep += chunk(b"IDAT", zlib.compress(b"\0" + bytes(6))) + chunk(b"IEND", b"")
jpeg = io.BytesIO()
Image.fromarray(ids.astype(np.uint8)).save(jpeg, "JPEG")
flipped = bytearray(grey)
flipped[grey.index(b"IDAT") + 6] ^= 1
claimed = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 6, 0, 0, 0))
archive = io.BytesIO()
np.savez(archive, labels=ids)
tiff = io.BytesIO()
Image.fromarray(ids.astype(np.uint8)).save(tiff, "TIFF", compression="tiff_lzw")
for name, data in {
    "empty.npy": b"",
    "cut-header.npy": whole[:40],
    "cut-data.npy": whole[:-7],
    "more-data.npy": whole + b"\0\0\0",
    "claims-1-gib-header.npy": b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 30),
    "claims-2-to-the-70.npy": header("|u1", (1 << 40, 1 << 30)),
    "claims-4e9-rows.npy": header("|u1", (4_000_000_000, 1)) + b"\0\0\0",
    "object.npy": npy(np.array([[{}]], dtype=object), allow_pickle=True),
    "structured.npy": npy(np.zeros((2, 2), dtype=[("id", "<i4"), ("score", "<f4")])),
    "float.npy": npy(ids.astype(np.float32)),
    "text.npy": npy(ids.astype(str)),
    "one-axis.npy": npy(ids.ravel()),
    "rgb.npy": npy(np.zeros((5, 6, 3), dtype=np.uint8)),
    "stack.npy": npy(np.zeros((5, 4, 4), dtype=np.uint8)),
    "no-pixels.npy": npy(np.zeros((0, 4), dtype=np.uint8)),
    "bool-of-2.npy": header("|b1", (1, 2)) + b"\1\2",
    "minus-one-as-uint64.npy": npy(np.array([[2**64 - 1]], dtype=np.uint64)),
    "version-9.npy": b"\x93NUMPY\x09\x00" + whole[8:],
    "no-dictionary.npy": whole.replace(b"'descr'", b"'desrc'"),
    "jpeg.png": jpeg.getvalue(),
    "cut.png": grey[:-20],
    "no-end.png": grey[:-12],
    "flipped-bit.png": bytes(flipped),
    "claims-10-gigapixels.png": claimed,
    "grey-alpha.png": png(Image.new("LA", (2, 2))),
    "rgb-16-bit.png": deep,
    "colours-without-classes.png": png(Image.new("RGB", (2, 2), (1, 2, 3))),
    "cut.npz": archive.getvalue()[:-30],
    "no-array.npz": b"PK\x05\x06" + bytes(18),
    "cut.tif": tiff.getvalue()[:-40],
    "rgb.tif": (lambda s: (Image.new("RGB", (2, 2)).save(s, "TIFF"), s.getvalue())[1])(io.BytesIO()),
    "cut.bmp": (lambda s: (Image.new("P", (9, 9)).save(s, "BMP"), s.getvalue()[:-60])[1])(io.BytesIO()),
}.items():
    (labels / name).write_bytes(data)

logits = np.zeros((3, 8, 9), dtype=np.float32)
holed = logits.copy()
holed[2, 4, 5] = np.nan
for name, data in {
    "nan.npy": npy(holed),
    "whole-numbers.npy": npy(logits.astype(np.int32)),
    "two-axes.npy": npy(logits[0]),
    "five-axes.npy": npy(logits[None, None]),
    "unclear-axes.npy": npy(np.zeros((8, 8, 8), dtype=np.float32)),
    "cut.npy": npy(logits)[:-3],
    "no-classes.npy": npy(np.zeros((0, 8, 9), dtype=np.float16)),
}.items():
    (scores / name).write_bytes(data)

mask = png(Image.fromarray(np.array([[[192, 0, 128, 255], [0, 0, 0, 0]]], dtype=np.uint8)))
for name, legend in {
    # The first key is the one of the platform's own example.
    "seven-digits": '{"#fdffd34": "road", "#c00080": "horse"}',
    "colour-twice": '{"#c00080": "horse", "#C00080": "person"}',
    "label-twice": '{"#c00080": "horse", "#c08080": "horse"}',
    "empty-label": '{"#c00080": ""}',
    "black": '{"#c00080": "horse", "#000000": "background"}',
    "colour-missing": '{"#c00081": "horse"}',
    "not-json": '{"#c00080": "horse",}',
    "number-as-label": '{"#c00080": 1}',
}.items():
    folder = pairs / name
    folder.mkdir(exist_ok=True)
    (folder / "map.png").write_bytes(mask)
    (folder / "map.json").write_text(legend + "\n")
(pairs / "mask-16-bit").mkdir(exist_ok=True)
(pairs / "mask-16-bit" / "map.png").write_bytes(deep)
(pairs / "mask-16-bit" / "map.json").write_text("{}\n")
(pairs / "no-legend.png").write_bytes(mask)

square = {"id": 7, "image_id": 1, "category_id": 1, "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]], "iscrowd": 0}
sound = {
    "images": [{"id": 1, "width": 4, "height": 3, "file_name": "a.jpg"}],
    "annotations": [square],
    "categories": [{"id": 1, "name": "cat"}],
}


def with_shape(shape):
    return with_member("annotations", segmentation=shape)


def with_member(section, **members):
    document = copy.deepcopy(sound)
    document[section][0].update(members)
    return json.dumps(document)


for name, text in {
    "cut": json.dumps(sound)[:-30],
    "not-an-object": json.dumps([sound]),
    "numbers-in-list": json.dumps({**sound, "annotations": [1, 2]}),
    "behind-the-end": json.dumps(sound) + "{}",
    "category-missing": with_member("annotations", category_id=9),
    "category-as-text": with_member("annotations", category_id="cat"),
    "category-twice": json.dumps({**sound, "categories": [{"id": 1, "name": "cat"}, {"id": 1, "name": "dog"}]}),
    "image-twice": json.dumps({**sound, "images": [sound["images"][0], {**sound["images"][0], "file_name": "b.jpg"}]}),
    "size-0": with_member("images", width=0),
    "size-negative": with_member("images", height=-3),
    "size-missing": with_member("images", width=None),
    "size-huge": with_member("images", width=4_000_000_000, height=4_000_000_000),
    "key-leaves": with_member("images", file_name="a/.../b\n.jpg"),
    "image-entry-broken": json.dumps(sound).replace('"height": 3', '"height": 3x'),
    "not-a-number": json.dumps(sound).replace("[0, 0, 2, 0,", "[0, NaN, 2, 0,"),
    "beyond-any-image": with_shape([[0, 0, 1e9, 0, 2, 2]]),
    "odd-coordinates": with_shape([[0, 0, 2, 0, 2, 2, 0]]),
    "two-vertices": with_shape([[0, 0, 2, 2]]),
    "ring-not-in-list": with_shape([0, 0, 2, 0, 2, 2]),
    "text-as-coordinate": with_shape([[0, 0, "2", 0, 2, 2]]),
    "no-shape": with_member("annotations", segmentation=None),
    "counts-do-not-sum": with_shape({"size": [3, 4], "counts": [3, 5]}),
    "counts-overflow": with_shape({"size": [3, 4], "counts": [4294967295, 13]}),
    "counts-negative": with_shape({"size": [3, 4], "counts": [13, -1]}),
    "counts-cut": with_shape({"size": [3, 4], "counts": "313o"}),
    "counts-foreign": with_shape({"size": [3, 4], "counts": "31~"}),
    "counts-missing": with_shape({"size": [3, 4]}),
    "height-and-width-swapped": with_shape({"size": [4, 3], "counts": [12]}),
}.items():
    (coco / f"{name}.json").write_text(text + "\n")

results = HERE / "coco-results" / "invalid"
results.mkdir(parents=True, exist_ok=True)
run = {"size": [3, 4], "counts": [6, 6]}
one = {"image_id": 1, "category_id": 1, "segmentation": run, "score": 0.5}
for name, text in {
    "cut": json.dumps([one])[:-20],
    "an-object": json.dumps({"annotations": [one]}),
    "no-size": json.dumps([{**one, "segmentation": [[0, 0, 2, 0, 2, 2]]}]),
    "two-sizes": json.dumps([one, {**one, "segmentation": {"size": [4, 3], "counts": [12]}}]),
    "score-as-text": json.dumps([{**one, "score": "high"}]),
    "category-as-text": json.dumps([{**one, "category_id": "cat"}]),
    "box-only": json.dumps([one, {"image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "score": 0.5}]),
}.items():
    (results / f"{name}.json").write_text(text + "\n")
lvis = HERE / "lvis" / "invalid"
lvis.mkdir(parents=True, exist_ok=True)
url = {"file_name": None, "coco_url": "http://images.cocodataset.org/val2017/1.jpg", "neg_category_ids": []}
for name, text in {
    "category-missing": with_member("annotations", category_id=1204),
    "size-missing": with_member("images", width=None, **url),
    "no-shape": with_member("annotations", segmentation=None),
}.items():
    (lvis / f"lvis_v1_{name}.json").write_text(text + "\n")

labelme = HERE / "labelme" / "invalid"
labelme.mkdir(parents=True, exist_ok=True)
corners = [[1, 1], [3, 2]]
shape = {"label": "cat", "points": [[0, 0], [2, 0], [2, 2]], "group_id": None, "shape_type": "polygon", "flags": {}}
file = {"version": "5.8.3", "shapes": [shape], "imagePath": "a.jpg", "imageData": None, "imageHeight": 3, "imageWidth": 4}
ones = base64.b64encode(png(Image.fromarray(np.ones((2, 2), np.uint8)))).decode()


def drawn(**members):
    return json.dumps({**file, "shapes": [shape, {**shape, **members}]})


for name, text in {
    "cut": json.dumps(file)[:-30],
    "no-shapes": json.dumps({"imagePath": "a.jpg", "imageHeight": 3, "imageWidth": 4}),
    "shapes-as-object": json.dumps({**file, "shapes": {"0": shape}}),
    "shape-as-number": json.dumps({**file, "shapes": [shape, 3]}),
    "size-0": json.dumps({**file, "imageHeight": 0}),
    "size-missing": json.dumps({**file, "imageHeight": None}),
    "size-half": json.dumps({**file, "imageHeight": 3.5}),
    "size-huge": json.dumps({**file, "imageHeight": 4_000_000_000, "imageWidth": 4_000_000_000}),
    "photograph-no-base64": json.dumps({**file, "imageHeight": None, "imageData": "?"}),
    "photograph-no-image": json.dumps({**file, "imageHeight": None, "imageData": "AAAA"}),
    "label-missing": drawn(label=None),
    "type-unknown": drawn(shape_type="cuboid"),
    "two-vertices": drawn(points=corners),
    "point-of-three": drawn(points=[[0, 0], [1, 1, 1], [0, 1]]),
    "far-off": drawn(points=[[0, 0], [1e9, 1], [0, 1]]),
    "circle-of-one": drawn(shape_type="circle", points=[[1, 1]]),
    "circle-huge": drawn(shape_type="circle", points=[[1, 1], [1e6, 1]]),
    "rectangle-of-three": drawn(shape_type="rectangle"),
    "mask-missing": drawn(shape_type="mask", points=corners),
    "mask-no-base64": drawn(shape_type="mask", points=corners, mask="?"),
    "mask-of-another-size": drawn(shape_type="mask", points=corners, mask=ones),
}.items():
    (labelme / f"{name}.json").write_text(text + "\n")

# Panoptic maps: an image of 4 × 3 with two segments.
panoptic = HERE / "coco-panoptic" / "invalid"
segments = np.array([[0, 1, 1, 2], [0, 1, 1, 2], [0, 0, 2, 2]], dtype=np.uint8)
colours = np.stack([segments, np.zeros_like(segments), np.zeros_like(segments)], axis=-1)


def described(**members):
    sound = [{"id": 1, "category_id": 1, "area": 4, "bbox": [1, 0, 2, 2], "iscrowd": 0}]
    sound.append({"id": 2, "category_id": 1, "area": 4, "bbox": [2, 0, 2, 3], "iscrowd": 0})
    sound[1].update(members)
    return {"image_id": 1, "file_name": "a.png", "segments_info": [entry for entry in sound if entry["id"]]}


for name, (annotations, pixels) in {
    "segment-not-in-json": ([described(id=None)], colours),
    "segment-without-pixels": ([described(id=3)], colours * (segments == 1)[..., None]),
    "segment-twice": ([described(id=1)], colours),
    "segment-0": ([described(id=-1)], colours),
    "segment-25-bits": ([described(id=1 << 24)], colours),
    "category-missing": ([described(category_id=9)], colours),
    "category-as-text": ([described(category_id="cat")], colours),
    "png-missing": ([{**described(), "file_name": "b.png"}], colours),
    "png-smaller": ([described()], colours[:2]),
    "png-grey": ([described()], segments),
    "two-annotations": ([described(), described()], colours),
    "no-segments-info": ([described(), {"image_id": 2, "file_name": "a.png"}], colours),
    "no-file-name": ([{"image_id": 1, "segments_info": []}], colours),
}.items():
    folder = panoptic / name
    (folder / "panoptic").mkdir(parents=True, exist_ok=True)
    images = [{"id": number, "width": 4, "height": 3, "file_name": f"{number}.jpg"} for number in (1, 2)]
    document = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "cat", "isthing": 1}]}
    (folder / "panoptic.json").write_text(json.dumps(document) + "\n")
    Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8)).save(folder / "panoptic" / "a.png")
twice = {"images": [images[0], {**images[0], "file_name": "b.jpg"}], "annotations": [described()], "categories": []}
(panoptic / "image-twice" / "panoptic").mkdir(parents=True, exist_ok=True)
(panoptic / "image-twice" / "panoptic.json").write_text(json.dumps(twice) + "\n")
Image.fromarray(colours).save(panoptic / "image-twice" / "panoptic" / "a.png")

# VOC and Cityscapes: two maps of an image that do not fit, and what is no map of theirs.
voc = HERE / "voc" / "invalid"
city = HERE / "cityscapes" / "invalid"
palette_map = Image.fromarray(segments).convert("P")
palette_map.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 759)
stray = Image.fromarray(np.where(colours == 2, 77, colours).astype(np.uint8))
for name, classes, objects in [
    ("object-map-smaller", png(palette_map), png(palette_map.crop((0, 0, 3, 3)))),
    ("class-map-cut", png(palette_map)[:-20], png(palette_map)),
    ("object-map-cut", png(palette_map), png(palette_map)[:-20]),
    ("colour-without-class", png(stray), png(palette_map)),
    ("class-map-16-bit-colours", deep, png(palette_map)),
    ("class-map-jpeg", jpeg.getvalue(), png(palette_map)),
]:
    for folder, data in [("SegmentationClass", classes), ("SegmentationObject", objects)]:
        (voc / name / folder).mkdir(parents=True, exist_ok=True)
        (voc / name / folder / "a.png").write_bytes(data)
for name, labels_png, instances_png in [
    ("label-map-smaller", png(Image.fromarray(segments[:2])), png(Image.fromarray(segments.astype(np.uint16)))),
    ("colours-as-labels", png(Image.fromarray(colours)), None),
    ("instances-cut", png(Image.fromarray(segments)), png(Image.fromarray(segments.astype(np.uint16)))[:-20]),
    ("colours-as-instances", None, png(Image.fromarray(colours))),
]:
    (city / name / "gtFine").mkdir(parents=True, exist_ok=True)
    for kind, data in [("labelIds", labels_png), ("instanceIds", instances_png)]:
        if data:
            (city / name / "gtFine" / f"a_gtFine_{kind}.png").write_bytes(data)

# Polygons of Cityscapes.
triangle = [[0, 0], [3, 0], [3, 2]]
for name, objects, size in [
    ("polygons-label-unknown", [{"label": "road", "polygon": triangle}, {"label": "carpool", "polygon": triangle}], 4),
    ("polygons-two-points", [{"label": "car", "polygon": triangle[:2]}], 4),
    ("polygons-three-numbers", [{"label": "car", "polygon": [*triangle[:2], [3, 2, 1]]}], 4),
    ("polygons-far-off", [{"label": "car", "polygon": [*triangle[:2], [1e300, 2]]}], 4),
    ("polygons-missing", [{"label": "car"}], 4),
    ("polygons-label-missing", [{"polygon": triangle}], 4),
    ("polygons-width-half", [], 0.5),
    ("polygons-width-zero", [], 0),
]:
    (city / name / "gtFine").mkdir(parents=True, exist_ok=True)
    file = json.dumps({"imgHeight": 3, "imgWidth": size, "objects": objects})
    (city / name / "gtFine" / "a_gtFine_polygons.json").write_text(file + "\n")
(city / "polygons-cut" / "gtFine").mkdir(parents=True, exist_ok=True)
(city / "polygons-cut" / "gtFine" / "a_gtFine_polygons.json").write_text('{"imgHeight": 3, "imgWidth": 4, "objects": [{"la')

# YOLO: an image of 4 × 3 with one object.
yolo = HERE / "yolo" / "invalid"
sound = "0 0.1 0.1 0.9 0.1 0.9 0.9"
for name, (labels_text, photo, yaml) in {
    "box": ("0 0.5 0.5 0.9 0.9", grey, "names: [cat]"),
    "box-with-score": ("0 0.5 0.5 0.9 0.9 0.7", grey, "names: [cat]"),
    "two-vertices-less-one": ("0 0.1 0.1 0.9", grey, "names: [cat]"),
    "class-as-name": ("cat 0.1 0.1 0.9 0.1 0.9 0.9", grey, "names: [cat]"),
    "class-half": ("0.5 0.1 0.1 0.9 0.1 0.9 0.9", grey, "names: [cat]"),
    "class-negative": ("-1 0.1 0.1 0.9 0.1 0.9 0.9", grey, "names: [cat]"),
    "class-not-named": (f"{sound}\n1{sound[1:]}", grey, "names: [cat]"),
    "x-without-y": (f"{sound} 3.5", grey, "names: [cat]"),
    "coordinate-as-text": ("0 0.1 0.1 0.9 O.1 0.9 0.9", grey, "names: [cat]"),
    "nan": ("0 0.1 0.1 nan 0.1 0.9 0.9", grey, "names: [cat]"),
    "pixels-as-shares": ("0 10 10 90 10 90 90", grey, "names: [cat]"),
    "no-text": ("0 0.1 \udcff", grey, "names: [cat]"),
    "photograph-missing": (sound, None, "names: [cat]"),
    "photograph-broken": (sound, grey[:20], "names: [cat]"),
    "names-missing": (sound, grey, "nc: 1"),
    "yaml-broken": (sound, grey, "names: [cat"),
}.items():
    for folder in ["labels", "images"]:
        (yolo / name / folder).mkdir(parents=True, exist_ok=True)
    (yolo / name / "labels" / "a.txt").write_text(labels_text + "\n", errors="surrogateescape")
    (yolo / name / "data.yaml").write_text(yaml + "\n")
    if photo:
        (yolo / name / "images" / "a.png").write_bytes(photo)
for name, sizes in {"sizes-as-text": '{"a": "4 × 3"}', "size-0": '{"a": [0, 3]}', "size-of-others": '{"b": [4, 3]}'}.items():
    (yolo / name / "labels").mkdir(parents=True, exist_ok=True)
    (yolo / name / "labels" / "a.txt").write_text(sound + "\n")
    (yolo / name / "sizes.json").write_text(sizes + "\n")

# Label Studio: one task with a rectangle.
studio = HERE / "label-studio" / "invalid"
studio.mkdir(parents=True, exist_ok=True)
square = {"x": 10, "y": 10, "width": 50, "height": 50, "rotation": 0, "rectanglelabels": ["cat"]}
sound = {"id": "a", "type": "rectanglelabels", "value": square, "original_width": 4, "original_height": 3, "image_rotation": 0}


def task_of(result, image="a.jpg"):
    return {"data": {"image": image}, "annotations": [{"result": result}]}


def with_value(kind, **value):
    return {**sound, "type": kind, "value": {**value, kind: ["cat"]}}


outline = [[0, 0], [50, 0], [50, 50]]
for name, document in {
    "cut": json.dumps([task_of([sound])])[:-20],
    "json-min": json.dumps([{"image": "a.jpg", "label": [square], "id": 1}]),
    "task-as-number": json.dumps([3]),
    "result-as-number": json.dumps([task_of([3])]),
    "size-missing": json.dumps([task_of([{key: value for key, value in sound.items() if key != "original_width"}])]),
    "size-0": json.dumps([task_of([{**sound, "original_height": 0}])]),
    "size-huge": json.dumps([task_of([{**sound, "original_height": 4_000_000_000, "original_width": 4_000_000_000}])]),
    "sizes-differ": json.dumps([task_of([sound, {**sound, "original_width": 8, "original_height": 6}])]),
    "bit-mask": json.dumps([task_of([with_value("bitmasklabels", imageDataURL="data:image/png;base64,AAAA")])]),
    "turned": json.dumps([task_of([{**sound, "image_rotation": 90}])]),
    "no-image": json.dumps([{"data": {"number": 3}, "annotations": [{"result": [sound]}]}]),
    "same-image": json.dumps([task_of([sound]), task_of([sound], "a.png")]),
    "no-shape": json.dumps([task_of([with_value("rectanglelabels", x=1)])]),
    "two-vertices": json.dumps([task_of([sound, with_value("polygonlabels", points=outline[:2])])]),
    "point-of-three": json.dumps([task_of([with_value("polygonlabels", points=[[0, 0, 0], *outline])])]),
    "far-off": json.dumps([task_of([with_value("polygonlabels", points=[[1e300, 0], *outline])])]),
    "radius-0": json.dumps([task_of([with_value("ellipselabels", x=1, y=1, radiusX=0, radiusY=3)])]),
    "stroke-of-another-size": json.dumps([task_of([with_value("brushlabels", format="rle", rle=[0, 0, 0, 4, 1, 2])])]),
    "stroke-cut": json.dumps([task_of([with_value("brushlabels", format="rle", rle=[0, 0, 0, 48, 58])])]),
    "stroke-of-256": json.dumps([task_of([with_value("brushlabels", format="rle", rle=[0, 0, 0, 256])])]),
    "stroke-as-image": json.dumps([task_of([with_value("brushlabels", format="base64", rle=[0])])]),
}.items():
    (studio / f"{name}.json").write_text(document + "\n")
