package sakd.report;

import java.util.List;
import sakd.infer.Evaluator;
import sakd.model.ModelFile;

/**
 * What running a network showed.
 *
 * @param phase that trained it: teacher, direct, sakd ...
 * @param about its description
 * @param evaluation on {@code evaluation.images()} test images
 * @param confusion counts, [true class][taken for]; none for boxes
 * @param accuracies top-1 after every number of steps; none but for classes of pictures
 * @param byClass of each class, NaN for one that does not occur, the IoU of masks or the AP50 of
 *     boxes; none for classes of pictures
 * @param samples some images with what the network said; none but for classes of pictures
 * @param pictures what the network said of some images, as {@link TestPictures#column} gives them;
 *     none for classes of pictures
 * @param distances 1 - cosine between each stage's features, mean over time, and the teacher's,
 *     mean over images; null where there is no teacher of the same architecture
 * @param layers membranes and spikes on the first image; empty for an ANN
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record NetworkResult(
    String phase,
    ModelFile about,
    Evaluator.Evaluation evaluation,
    long[][] confusion,
    double[] accuracies,
    double[] byClass,
    List<Sample> samples,
    List<byte[]> pictures,
    double[] distances,
    List<Membranes.Layer> layers) {
  /**
   * A test image.
   *
   * @param png the image
   * @param probability of the class it was taken for
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Sample(byte[] png, int label, int takenFor, double probability) {}

  boolean spiking() {
    return about.neuron().kind().isSpiking();
  }
}
