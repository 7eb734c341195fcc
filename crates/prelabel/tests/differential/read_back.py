"""Reads what was written with every library that reads it, and compares with the class IDs or colours given beside it."""
import os, sys
import cv2, imagecodecs, numpy, PIL.Image

root = sys.argv[1]
compared = 0
for name in sorted(os.listdir(os.path.join(root, "truth"))):
    path = os.path.join(root, "written", name)
    raw = numpy.fromfile(os.path.join(root, "truth", name), "<i8")
    width, height = raw[:2]
    wanted = raw[2:].reshape(height, width)
    if name.endswith(".npy"):
        found = {"NumPy": numpy.load(path)}
    elif name.endswith(".mask.png"):
        wanted = wanted.astype("u4").view("u1").reshape(height, width, 4)
        data = open(path, "rb").read()
        # OpenCV's order is blue, green, red.
        found = {
            "Pillow": numpy.asarray(PIL.Image.open(path)),
            "OpenCV": cv2.imread(path, cv2.IMREAD_UNCHANGED)[:, :, [2, 1, 0, 3]],
            "libpng": imagecodecs.png_decode(data),
            "libspng": imagecodecs.spng_decode(data),
        }
        assert PIL.Image.open(path).mode == "RGBA", path
    else:
        data = open(path, "rb").read()
        found = {
            "Pillow": numpy.asarray(PIL.Image.open(path)),
            "OpenCV": cv2.imread(path, cv2.IMREAD_UNCHANGED),
            "libpng": imagecodecs.png_decode(data),
        }
    for tool, array in found.items():
        assert array.shape == wanted.shape, (name, tool, array.shape, wanted.shape)
        assert (array.astype("i8") == wanted).all(), (name, tool, array.dtype)
        compared += 1
print(compared)
