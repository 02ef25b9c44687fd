import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import sakd.Classifier;
import sakd.Sakd;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.train.Listener;

/** Trains a spiking network on a data set, tells how it goes, and classifies a picture. */
public final class TrainAndClassify {
  private TrainAndClassify() {}

  /** Arguments: the data set's folder, the folder for the run, and a picture. */
  public static void main(String[] args) throws IOException {
    Path data = Path.of(args[0]);
    Path run = Path.of(args[1]);
    Path picture = Path.of(args[2]);

    Listener progress =
        new Listener() {
          @Override
          public void epoch(EpochSummary epoch) {
            System.out.println(epoch);
          }
        };
    List<Pipeline.Row> rows =
        Sakd.on("auto")
            .data(data)
            .model("spiking-resnet8")
            .method(Method.SAKD)
            .steps(4)
            .teacherEpochs(3)
            .epochs(2)
            .batchSize(20)
            .listener(progress)
            .train(run);
    rows.forEach(System.out::println);

    try (Classifier network = Sakd.load(run.resolve("best.safetensors"));
        InputStream in = Files.newInputStream(picture)) {
      Classifier.Guess guess = network.predict(in);
      System.out.println(guess.name() + " with a probability of " + guess.probability());
      System.out.println(network.top(3, List.of(picture)).get(0));
    }
  }
}
