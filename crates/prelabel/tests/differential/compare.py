"""Pairs of label maps, real and random, with the figures of scikit-learn and, for boundaries, of TrackEval's DAVIS F."""
import contextlib, json, os, sys, warnings
import numpy, pycocotools.mask, sklearn.metrics

# It prints what it could do with more packages.
with contextlib.redirect_stdout(sys.stderr):
    from trackeval.metrics.j_and_f import JAndF

warnings.simplefilter("ignore")
root, demo = sys.argv[1:]
random = numpy.random.default_rng(7)
VOID = 255


def blobs(width, height, ids, size):
    small = random.choice(ids, (max(1, height // size), max(1, width // size)))
    rows = numpy.arange(height) * small.shape[0] // height
    columns = numpy.arange(width) * small.shape[1] // width
    return small[rows][:, columns]


def disturbed(map, ids):
    other = numpy.roll(map, random.integers(-3, 4, 2), (0, 1)).copy()
    height, width = map.shape
    for _ in range(random.integers(0, 4)):
        y, x = random.integers(0, height), random.integers(0, width)
        other[y : y + random.integers(1, 20), x : x + random.integers(1, 20)] = random.choice(ids)
    return other


pairs = []
for name in sorted(os.listdir(demo)):
    map = numpy.load(os.path.join(demo, name)).astype("i8")
    pairs.append((map, disturbed(map, [0, 2, 15, VOID])))
for width, height in [(1, 1), (1, 40), (40, 1), (2, 2), (64, 48), (65, 33), (200, 150), (130, 300)]:
    for ids in [[1], [0, 1], [0, 1, 2, 7, VOID], [-1, 3, 70000, VOID], list(range(200))]:
        for size in [1, 5, 30]:
            map = blobs(width, height, ids, size)
            other = disturbed(map, ids) if random.random() < 0.7 else blobs(width, height, ids, size)
            pairs.append((map, other))

BOUNDS = [0.008, 0.03, 0, 1, 5]
os.makedirs(os.path.join(root, "a"))
os.makedirs(os.path.join(root, "b"))
cases = []
for index, (a, b) in enumerate(pairs):
    name = f"{index:04}"
    numpy.save(os.path.join(root, "a", name), a)
    numpy.save(os.path.join(root, "b", name), b)
    for rule in ["reference", "either", "class"]:
        counted = {
            "reference": a != VOID,
            "either": (a != VOID) & (b != VOID),
            "class": numpy.ones_like(a, bool),
        }[rule]
        one, other = a[counted], b[counted]
        labels = numpy.union1d(one, other)
        if rule != "class":
            labels = labels[labels != VOID]
        bound = BOUNDS[(index + len(rule)) % len(BOUNDS)]
        classes = {}
        if len(labels):
            each = dict(labels=labels, average=None, zero_division=numpy.nan)
            iou = sklearn.metrics.jaccard_score(one, other, labels=labels, average=None, zero_division=0)
            recall = sklearn.metrics.recall_score(one, other, **each)
            precision = sklearn.metrics.precision_score(one, other, **each)
            f1 = sklearn.metrics.f1_score(one, other, labels=labels, average=None, zero_division=0)
            matrix = sklearn.metrics.confusion_matrix(one, other, labels=numpy.append(labels, 10**9))
        for place, label in enumerate(labels):
            masks = [numpy.asfortranarray((map == label) & counted, "u1") for map in (a, b)]
            gt, fg = [[[pycocotools.mask.encode(mask)]] for mask in masks]
            classes[int(label)] = {
                "a": int((one == label).sum()),
                "b": int((other == label).sum()),
                "both": int(matrix[place, place]),
                "iou": iou[place],
                "accuracy": None if numpy.isnan(recall[place]) else recall[place],
                "precision": None if numpy.isnan(precision[place]) else precision[place],
                "dice": f1[place],
                "boundary": float(JAndF._compute_f(gt, fg, 0, 0, bound)[0]),
            }
        accuracies = [found["accuracy"] for found in classes.values() if found["accuracy"] is not None]
        cases.append({
            "name": name,
            "rule": rule,
            "bound": str(bound),
            "classes": classes,
            "pixel_accuracy": sklearn.metrics.accuracy_score(one, other) if len(one) else None,
            "mean_iou": float(numpy.mean(iou)) if len(labels) else None,
            "mean_accuracy": float(numpy.mean(accuracies)) if accuracies else None,
            "changed": int((a != b).sum()),
        })
json.dump(cases, open(os.path.join(root, "truth.json"), "w"))
print(len(cases))
