package sakd.bench;

import java.util.ArrayList;
import java.util.List;
import sakd.base.SplitMix64;
import sakd.data.Dataset;
import sakd.data.ForwardingDataset;
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;

/** The samples of another set, each with objects of random places, sizes and classes. */
final class RandomBoxes extends ForwardingDataset {
  /** As many as a picture of COCO has. */
  private static final int OBJECTS = 7;

  private static final int SMALLEST = 16;

  RandomBoxes(Dataset samples) {
    super(samples);
  }

  @Override
  protected Dataset around(Dataset other) {
    return new RandomBoxes(other);
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.BOXES;
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    SplitMix64 random = new SplitMix64(index);
    List<ObjectBox> objects = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      int width = SMALLEST + random.nextInt(shape.width() / 2);
      int height = SMALLEST + random.nextInt(shape.height() / 2);
      int left = random.nextInt(shape.width() - width);
      int top = random.nextInt(shape.height() - height);
      int label = 1 + random.nextInt(classes() - 1);
      double area = (double) width * height;
      objects.add(new ObjectBox(label, left, top, left + width, top + height, area, false, false));
    }
    return new Targets.Boxes(List.of(new Targets.Boxes.Sample(placement, objects)), OBJECTS);
  }
}
