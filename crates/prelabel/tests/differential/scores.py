"""Writes score maps with NumPy, and beside each what NumPy's argmax and a softmax in double precision make of it."""
import json, os, sys
import numpy

root = sys.argv[1]
random = numpy.random.default_rng(11)
os.makedirs(os.path.join(root, "truth"))


def case(name, array, layout, kind, confidence, ids):
    folder = os.path.join(root, "cases", name)
    os.makedirs(folder)
    numpy.save(os.path.join(folder, "map.npy"), array)
    with open(os.path.join(root, "cases", name, "options"), "w") as out:
        out.write(f"{layout} {kind} {confidence}")
    height, width = ids.shape
    with open(os.path.join(root, "truth", name), "wb") as out:
        out.write(numpy.array([width, height], "<i8").tobytes() + ids.astype("<i8").tobytes())


for dtype in ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"]:
    for classes in [2, 21, 300]:
        # Few different values: many ties.
        scores = random.integers(-6, 7, (classes, 23, 19)).astype(dtype)
        smooth = random.normal(0, 4, (classes, 23, 19)).astype(dtype)
        for kind, logits in [("ties", scores), ("smooth", smooth)]:
            name = f"{dtype.replace('<', 'le-').replace('>', 'be-')}-{classes}-{kind}"
            best = logits.argmax(0)
            case(name + "-chw", logits, "chw", "logits", "-", best)
            case(name + "-hwc", numpy.ascontiguousarray(logits.transpose(1, 2, 0)), "hwc", "logits", "-", best)
            case(name + "-chw-fortran", numpy.asfortranarray(logits), "chw", "logits", "-", best)
            case(name + "-nchw", logits[None], "chw", "logits", "-", best)
            case(name + "-nhwc", logits.transpose(1, 2, 0)[None], "hwc", "logits", "-", best)
            double = logits.astype("f8")
            softmax = numpy.exp(double - double.max(0))
            softmax /= softmax.sum(0)
            # A bound that no value comes near, so that the order of summing cannot matter.
            peak = numpy.sort(softmax.max(0).ravel())
            gap = numpy.diff(peak).argmax()
            bound = (peak[gap] + peak[gap + 1]) / 2
            doubtful = numpy.where(softmax.max(0) < bound, classes, best)
            case(name + "-logits-sure", logits, "chw", "logits", repr(float(bound)), doubtful)
            stored = softmax.astype(dtype)
            doubtful = numpy.where(stored.astype("f8").max(0) < bound, classes, stored.argmax(0))
            case(name + "-probabilities-sure", stored, "chw", "probabilities", repr(float(bound)), doubtful)
print(len(os.listdir(os.path.join(root, "cases"))))
