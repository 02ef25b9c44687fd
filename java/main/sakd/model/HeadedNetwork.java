package sakd.model;

import java.util.List;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;

/** A backbone with a head. */
record HeadedNetwork(Backbone backbone, Head head, Parameters parameters) implements Network {
  @Override
  public Output forward(Tape tape, Var images, boolean keepStages) {
    int first = keepStages ? 0 : head.firstStage(backbone.stages().size());
    List<Var> stages = backbone.forward(tape, images, first);
    int height = images.value().dim(-3);
    int width = images.value().dim(-2);
    Output out = head.forward(tape, stages, height, width, keepStages);
    return new Output(
        out.logits(),
        out.stepLogits(),
        out.auxiliary(),
        keepStages ? stages : List.of(),
        out.boxes(),
        head.classWeight());
  }

  @Override
  public List<Integer> stageChannels() {
    return backbone.stages().stream().map(Backbone.Stage::channels).toList();
  }

  @Override
  public Parameter classWeight() {
    return head.classWeight();
  }

  @Override
  public List<Integer> pyramidChannels() {
    return head.pyramidChannels();
  }
}
