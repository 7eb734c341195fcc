"""Writes masks with Pillow, OpenCV, libpng and libspng under every filter and effort; beside each its pixels as Pillow reads them."""
import io, os, sys
import cv2, imagecodecs, numpy, PIL.Image

root = sys.argv[1]
random = numpy.random.default_rng(3)
os.makedirs(os.path.join(root, "cases"))
os.makedirs(os.path.join(root, "truth"))


def case(name, data):
    with open(os.path.join(root, "cases", name + ".png"), "wb") as out:
        out.write(data)
    pixels = numpy.asarray(PIL.Image.open(io.BytesIO(data)).convert("RGBA"))
    height, width = pixels.shape[:2]
    packed = numpy.ascontiguousarray(pixels).view("<u4").astype("<i8")
    with open(os.path.join(root, "truth", name + ".png"), "wb") as out:
        out.write(numpy.array([width, height], "<i8").tobytes() + packed.tobytes())


def pillow(name, image, **options):
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    case("pillow-" + name, out.getvalue())


def regions(height, width, classes):
    noise = cv2.GaussianBlur(random.random((height, width)).astype("f4"), (0, 0), 5) + 0.004 * random.random((height, width))
    ranks = noise.ravel().argsort().argsort().reshape(height, width)
    return ranks * classes // ranks.size


colors = random.integers(0, 256, (70000, 4), dtype="u1")
colors[:, 3] = 255
colors[0] = 0
maps = {"regions": regions(190, 333, 12), "one": numpy.full((40, 50), 3), "row": regions(1, 999, 9), "column": regions(999, 1, 9),
        "noise": random.integers(0, 19, (60, 71)), "many": random.integers(0, 70000, (300, 301)), "wide": regions(3, 8200, 5)}
filters = {name: getattr(cv2, "IMWRITE_PNG_FILTER_" + name) for name in ["NONE", "SUB", "UP", "AVG", "PAETH"]}
filters["ALL"] = cv2.IMWRITE_PNG_ALL_FILTERS
strategies = {name: getattr(cv2, "IMWRITE_PNG_STRATEGY_" + name) for name in ["DEFAULT", "HUFFMAN_ONLY", "RLE", "FIXED"]}
for name, ids in maps.items():
    rgba = colors[ids]
    for level in [0, 1, 6, 9]:
        pillow(f"{name}-{level}", PIL.Image.fromarray(rgba), compress_level=level)
    for filter_name, filter in filters.items():
        for strategy_name, strategy in strategies.items():
            options = [cv2.IMWRITE_PNG_FILTER, filter, cv2.IMWRITE_PNG_STRATEGY, strategy, cv2.IMWRITE_PNG_COMPRESSION, 6]
            good, data = cv2.imencode(".png", rgba[:, :, [2, 1, 0, 3]], options)
            assert good
            case(f"opencv-{name}-{filter_name.lower()}-{strategy_name.lower()}", data.tobytes())
    for level in [1, 6, 9]:
        case(f"libpng-{name}-{level}", imagecodecs.png_encode(rgba, level=level))
        case(f"libspng-{name}-{level}", imagecodecs.spng_encode(rgba, level=level))
    pillow(f"{name}-rgb", PIL.Image.fromarray(rgba[:, :, :3].copy()))
    if ids.max() < 256:
        indexed = PIL.Image.fromarray(ids.astype("u1"), "P")
        indexed.putpalette(colors[:256, :3].tobytes())
        pillow(f"{name}-palette", indexed, transparency=0)
    pillow(f"{name}-text", PIL.Image.fromarray(rgba), pnginfo=None, dpi=(300, 300))
print(len(os.listdir(os.path.join(root, "cases"))))
