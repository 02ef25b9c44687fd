package sakd.model;

import java.util.List;
import sakd.nn.Parameter;
import sakd.nn.Tape;
import sakd.nn.Var;

/** The part of a network that says what is to be found, from the feature maps of its backbone. */
public interface Head {
  /**
   * Computes the logits.
   *
   * @param stages of the backbone
   * @param height of the images, in pixels
   * @param width of the images, in pixels
   * @param keepStages whether the stages' outputs will be read afterwards
   * @return with no stages
   */
  Network.Output forward(Tape tape, List<Var> stages, int height, int width, boolean keepStages);

  /**
   * Of so many stages the first that {@link #forward} reads, from 0: as a rule the last.
   *
   * @param stages how many there are
   */
  default int firstStage(int stages) {
    return stages - 1;
  }

  /** See {@link Network#classWeight}. */
  default Parameter classWeight() {
    return null;
  }

  /** Channels of each of {@link Network.Boxes#pyramid}. */
  default List<Integer> pyramidChannels() {
    return List.of();
  }
}
