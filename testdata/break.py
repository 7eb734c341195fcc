"""Makes the broken test files: each is a valid file with one thing wrong, or says what it should not.

Deterministic; run from this folder after derive.py. Needs numpy and pillow (peers-requirements.txt).
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent / "formats"
labels = HERE / "label-map" / "invalid"
scores = HERE / "scores" / "invalid"
pairs = HERE / "gt-studio" / "invalid"
for folder in [labels, scores, pairs]:
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
