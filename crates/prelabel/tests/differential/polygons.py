"""Random polygons, and the pixels that pycocotools, rasterio, Pillow and OpenCV give them: a line each, `rule height width counts ring[;ring]`."""
import sys
import cv2, numpy, rasterio.features
from PIL import Image, ImageDraw
from pycocotools import mask

random = numpy.random.default_rng(5)
count = int(sys.argv[1])


def ring(size, kind):
    """Convex, star-shaped or self-crossing; on a grid, between pixels, or out of the image."""
    vertices = int(min(2000, 3 + random.geometric(0.05))) if random.random() < 0.98 else int(random.integers(300, 2001))
    reach = random.choice([0.3, 1.0, 3.0, 100.0], p=[0.32, 0.32, 0.32, 0.04])
    center = random.uniform(-0.2, 1.2, 2) * size
    if kind == "crossing":
        points = center + random.uniform(-reach, reach, (vertices, 2)) * size
    else:
        angles = numpy.sort(random.uniform(0, 2 * numpy.pi, vertices))
        radius = 0.5 if kind == "convex" else random.uniform(0.1, 0.6, vertices)
        points = center + reach * (numpy.array([numpy.cos(angles), numpy.sin(angles)]) * radius).T * size
    snap = random.choice([0, 1, 2, 5, 1000])
    points = numpy.round(points * snap) / snap if snap else points
    if random.random() < 0.1:
        points = numpy.repeat(points, 2, axis=0)
    return points


def pillow(rings, height, width):
    """The first ring as labelme draws it; the others painted back out."""
    image = Image.new("L", (width, height))
    for value, points in zip([1] + [0] * len(rings), rings):
        ImageDraw.Draw(image).polygon([tuple(point) for point in points.tolist()], outline=value, fill=value)
    return numpy.asarray(image)


def opencv(rings, height, width):
    """Whole vertices, all rings in one call."""
    return cv2.fillPoly(numpy.zeros((height, width), "uint8"), [points.astype("int32") for points in rings], 1)


def line(rule, pixels, text):
    counts = mask.encode(numpy.asfortranarray(pixels))["counts"].decode()
    print(rule, *pixels.shape, counts, text)


for index in range(count):
    height, width = (int(side) for side in random.integers(1, 160, 2))
    size = numpy.array([width, height])
    kind = ["convex", "star", "crossing"][index % 3]
    rings = [ring(size, kind) for _ in range(1 + (index % 7 == 0))]
    text = ";".join(" ".join(repr(float(value)) for value in points.ravel()) for points in rings)
    flat = [points.ravel().tolist() for points in rings]
    coco = mask.merge(mask.frPyObjects(flat, height, width))
    print("pycocotools", height, width, coco["counts"].decode(), text)
    closed = [[tuple(point) for point in points] + [tuple(points[0])] for points in rings]
    shape = {"type": "Polygon", "coordinates": closed}
    pixels = rasterio.features.rasterize([(shape, 1)], out_shape=(height, width), dtype="uint8")
    line("center", pixels, text)
    line("pillow", pillow(rings, height, width), text)
    line("opencv-round", opencv([numpy.round(points) for points in rings], height, width), text)
    line("opencv-truncate", opencv(rings, height, width), text)
