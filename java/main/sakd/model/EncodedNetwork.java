package sakd.model;

import java.util.List;
import sakd.nn.Encoder;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;

/** A network whose first layer gets spikes that an encoder makes of still images. */
record EncodedNetwork(Encoder encoder, Network network) implements Network {
  @Override
  public Output forward(Tape tape, Var images, boolean keepStages) {
    return network.forward(tape, encoder.forward(tape, images), keepStages);
  }

  @Override
  public Parameters parameters() {
    return network.parameters();
  }

  @Override
  public List<Integer> stageChannels() {
    return network.stageChannels();
  }

  @Override
  public Parameter classWeight() {
    return network.classWeight();
  }

  @Override
  public List<Integer> pyramidChannels() {
    return network.pyramidChannels();
  }
}
