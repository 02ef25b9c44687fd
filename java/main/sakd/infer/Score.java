package sakd.infer;

/** A figure by which networks are judged, a share in [0, 1]; more is better. */
public enum Score {
  /** Samples whose true class comes first. */
  TOP1("top1", "top-1"),
  /** Samples whose true class is among the first five. */
  TOP5("top5", "top-5"),
  /** Intersection over union of truth and prediction, mean over classes. */
  MIOU("miou", "mIoU"),
  /** Pixels whose true class comes first, of those that have one. */
  PIXEL_ACCURACY("pixel_accuracy", "pixel accuracy"),
  /** Anchors with an object whose likeliest class is the object's, of those with one. */
  ANCHOR_ACCURACY("anchor_accuracy", "anchor accuracy"),
  /** COCO's average precision of boxes, mean over classes and least IoUs of 0.5 to 0.95. */
  AP("ap", "AP"),
  /** The same at a least IoU of 0.5. */
  AP50("ap50", "AP50"),
  /** The same at a least IoU of 0.75. */
  AP75("ap75", "AP75");

  private final String column;
  private final String label;

  Score(String column, String label) {
    this.column = column;
    this.label = label;
  }

  /** As files call it. */
  public String column() {
    return column;
  }

  /** As people call it. */
  public String label() {
    return label;
  }
}
