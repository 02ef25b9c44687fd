import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import sakd.Classifier;
import sakd.Sakd;

/** Loads torchvision's resnet18, an ANN, and classifies a picture that the program has drawn. */
public final class PyTorchWeights {
  private PyTorchWeights() {}

  /** Argument: the file that {@code torch.save(model.state_dict(), "resnet18.pth")} wrote. */
  public static void main(String[] args) {
    BufferedImage image = new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.ORANGE);
    graphics.fillOval(60, 20, 200, 200);
    graphics.dispose();

    try (Classifier network = Sakd.load(Path.of(args[0]), "auto", "resnet18")) {
      System.out.println(network.about().architecture());
      for (Classifier.Guess guess : network.top(5, List.of(image)).get(0)) {
        System.out.println(guess);
      }
    }
  }
}
