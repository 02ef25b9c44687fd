package sakd.data.set;

import java.util.List;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;

/** Pictures with objects, whose boxes follow the picture's {@link Placement}. */
final class BoxDataset extends PictureDataset {
  private final BoxedPictures pictures;
  private final ScaleToFit how;

  /** M of {@link Targets.Boxes}. */
  private final int most;

  BoxDataset(DatasetInfo info, BoxedPictures pictures, ScaleToFit how) {
    this(info, pictures, how, most(pictures));
  }

  private BoxDataset(DatasetInfo info, BoxedPictures pictures, ScaleToFit how, int most) {
    super(info, pictures, how, how.height(), how.width());
    this.pictures = pictures;
    this.how = how;
    this.most = most;
  }

  private static int most(BoxedPictures pictures) {
    int most = 1;
    for (int i = 0; i < pictures.size(); i++) {
      int learnt = (int) pictures.objects(i).stream().filter(ObjectBox::learnt).count();
      most = Math.max(most, learnt);
    }
    return most;
  }

  @Override
  public Targets.Kind targetKind() {
    return Targets.Kind.BOXES;
  }

  /** The canvas of training follows the base: the side is left alone. */
  @Override
  public Dataset sized(int side, int resized) {
    return resized == how.base()
        ? this
        : new BoxDataset(info(), pictures, how.rebased(resized, pictures), most);
  }

  @Override
  public Dataset normalised(float[] mean, float[] std) {
    return new BoxDataset(info().withNormalisation(mean, std), pictures, how, most);
  }

  @Override
  public Targets targets(int index, Placement placement, SampleShape shape) {
    return new Targets.Boxes(
        List.of(new Targets.Boxes.Sample(placement, pictures.objects(index))), most);
  }
}
