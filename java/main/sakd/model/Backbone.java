package sakd.model;

import java.util.List;
import sakd.nn.Tape;
import sakd.nn.Var;

/** The part of a network that turns images into feature maps, stage by stage. */
public interface Backbone {
  /**
   * What a stage gives.
   *
   * @param channels C of its feature maps
   * @param stride by how much height and width are less than those of the images
   */
  record Stage(int channels, int stride) {}

  /** In the order they run. */
  List<Stage> stages();

  /**
   * Computes the stages.
   *
   * @param images [T', N, H, W, C]: T' = 1 for still images, or T for recordings, of which an ANN
   *     sees the mean over time
   * @param first the first stage, from 0, whose output will be read; in inference those before are
   *     dropped
   * @return the output of each stage, [T', N, H / stride, W / stride, C]
   */
  List<Var> forward(Tape tape, Var images, int first);
}
