import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import sakd.Sakd;
import sakd.Segmenter;

/** Segments the pictures of a folder by one network that several threads share. */
public final class SegmentInThreads {
  private SegmentInThreads() {}

  /** Arguments: the weights of a network for segmentation, the pictures' folder, one for masks. */
  public static void main(String[] args) throws IOException {
    Path masks = Files.createDirectories(Path.of(args[2]));
    try (Segmenter network = Sakd.loadSegmenter(Path.of(args[0]));
        Stream<Path> files = Files.list(Path.of(args[1]))) {
      List<Path> pictures = files.sorted().toList();
      pictures.parallelStream()
          .forEach(
              picture -> {
                Segmenter.Mask mask = network.predict(picture);
                mask.write(masks.resolve(picture.getFileName() + ".png"));
                System.out.println(picture.getFileName() + "  " + mask);
              });
    }
  }
}
