"""Makes detections.safetensors with torchvision's RetinaNet: anchors, decoded boxes, suppressed boxes and what is found
in pictures.

    python3 java/test/resources/golden/detections.py

Made with PyTorch 2.13 and torchvision 0.28. Of large grids of anchors every 101st is kept, and the sums of their edges.
"""

import json
import pathlib
import types

import torch
from safetensors.torch import save_file
from torchvision.models.detection import _utils, retinanet
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops import boxes as box_ops

# Height and width of a padded picture.
GRIDS = [(64, 96), (32, 32), (800, 1088), (1344, 800), (224, 1056)]


def sizes(height, width):
    """Of the maps: six convolutions of stride 2 and as many as follow."""
    maps = []
    for level in range(7):
        height, width = (height + 1) // 2, (width + 1) // 2
        if level >= 2:
            maps.append((height, width))
    return maps


def anchors(height, width):
    maps = [torch.zeros(1, 1, h, w) for h, w in sizes(height, width)]
    images = ImageList(torch.zeros(1, 3, height, width), [(height, width)])
    return retinanet._default_anchorgen()(images, maps)[0]


def main():
    torch.manual_seed(1)
    tensors, configs = {}, []
    for height, width in GRIDS:
        all_of = anchors(height, width)
        i = len(configs)
        tensors[f"{i}.some"] = all_of[::101].contiguous()
        tensors[f"{i}.sums"] = all_of.double().sum(0)
        configs.append(dict(kind="ANCHORS", h=height, w=width, count=len(all_of)))

    some = anchors(64, 96)[::7].contiguous()
    deltas = torch.randn(len(some), 4) * torch.tensor([0.5, 0.5, 1.0, 1.0])
    deltas[::5, 2] *= 6
    coder = _utils.BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))
    i = len(configs)
    tensors[f"{i}.deltas"] = deltas
    tensors[f"{i}.boxes"] = coder.decode_single(deltas, some)
    configs.append(dict(kind="DECODE", h=64, w=96, stride=7))

    for count, spread, classes in ((600, 80, 3), (300, 20, 1), (1, 10, 1), (900, 200, 20)):
        corner = torch.randint(0, spread, (count, 2)).float() / 2
        side = torch.randint(0, 60, (count, 2)).float() / 2  # Some have no area.
        boxes = torch.cat((corner, corner + side), 1)
        scores = torch.randint(1, 40, (count,)).float() / 40  # Many are equal.
        labels = torch.randint(0, classes, (count,))
        i = len(configs)
        tensors[f"{i}.boxes"] = boxes
        tensors[f"{i}.scores"] = scores
        tensors[f"{i}.labels"] = labels.to(torch.int16)
        kept = box_ops._batched_nms_vanilla(boxes, scores, labels, 0.5).sort()[0]
        # The order of equal scores is left open there: here the first comes first.
        kept = kept[scores[kept].sort(descending=True, stable=True)[1]]
        tensors[f"{i}.kept"] = kept.to(torch.int16)
        configs.append(dict(kind="NMS"))

    # By class, however few candidates there are: it is what torchvision does with many.
    box_ops.batched_nms = box_ops._batched_nms_vanilla
    settings = types.SimpleNamespace(
        score_thresh=0.05, topk_candidates=1000, nms_thresh=0.5, detections_per_img=300, box_coder=coder
    )
    for classes, mean, shapes, originals in (
        (4, -1.0, [(60, 90), (64, 71)], [(47, 71), (480, 533)]),
        (2, -3.5, [(64, 96)], [(64, 96)]),
    ):
        grid = anchors(64, 96)
        counts = [9 * h * w for h, w in sizes(64, 96)]
        n = len(shapes)
        logits = torch.randn(n, len(grid), classes) + mean
        deltas = torch.randn(n, len(grid), 4) * 0.3
        found = retinanet.RetinaNet.postprocess_detections(
            settings,
            dict(cls_logits=logits.split(counts, 1), bbox_regression=deltas.split(counts, 1)),
            [grid.split(counts)] * n,
            shapes,
        )
        i = len(configs)
        tensors[f"{i}.logits"] = logits
        tensors[f"{i}.deltas"] = deltas
        for p in range(n):
            boxes = resize_boxes(found[p]["boxes"], shapes[p], originals[p])
            tensors[f"{i}.boxes.{p}"] = boxes
            tensors[f"{i}.scores.{p}"] = found[p]["scores"]
            tensors[f"{i}.labels.{p}"] = found[p]["labels"].to(torch.int16)
            (h, w), (oh, ow) = shapes[p], originals[p]
            configs.append(
                dict(kind="FOUND", at=i, picture=p, classes=classes, h=h, w=w, originalHeight=oh, originalWidth=ow)
            )
    folder = pathlib.Path(__file__).parent
    save_file(tensors, folder / "detections.safetensors", {"configs": json.dumps(configs)})


main()
