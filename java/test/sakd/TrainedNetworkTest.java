package sakd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.io.ImageFiles;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.testing.UntrainedFiles;

/** Networks in programs: pictures of every kind, several threads, and what is used wrongly. */
class TrainedNetworkTest {
  private static final List<String> NAMES = List.of("ant", "bee", "cat", "dog", "elk");
  private static final ImageSpec COLOURS =
      new ImageSpec(32, 32, 36, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.2f, 0.2f), NAMES);

  /** How long threads share a network; a minute shows more. */
  private static final int SECONDS = Integer.getInteger("sakd.test.seconds", 3);

  @TempDir static Path folder;
  private static Path weights;
  private static final List<Path> PICTURES = new ArrayList<>();

  @BeforeAll
  static void files() throws IOException {
    weights =
        UntrainedFiles.safetensors(
            folder.resolve("cats.safetensors"), about("spiking-resnet20", 2), COLOURS);
    Random random = new Random(1);
    for (int i = 0; i < 8; i++) {
      byte[] pixels = new byte[3 * 40 * (40 + i)];
      random.nextBytes(pixels);
      byte[] png = ImageFiles.png(pixels, 3, 40, 40 + i);
      PICTURES.add(Files.write(folder.resolve("picture" + i + ".png"), png));
    }
    Path jpeg = folder.resolve("photo.jpg");
    ImageIO.write(ImageIO.read(PICTURES.get(0).toFile()), "jpg", jpeg.toFile());
    PICTURES.add(jpeg);
  }

  private static ModelFile about(String name, int steps) {
    return new ModelFile(Networks.named(name), Neuron.LIF, steps, 3, NAMES.size());
  }

  @Test
  void aPictureIsTheSameFromAFileAStreamBytesOrAnImage() throws IOException {
    try (Classifier network = Sakd.load(weights, "cpu")) {
      for (Path file : PICTURES) {
        List<Classifier.Guess> expected = network.top(5, List.of(file)).get(0);
        byte[] content = Files.readAllBytes(file);
        List<Object> others = new ArrayList<>(List.of(content));
        try (InputStream in = Files.newInputStream(file)) {
          others.add(in);
          if (file.toString().endsWith(".png")) {
            others.add(ImageIO.read(file.toFile()));
          }
          network.top(5, others).forEach(guesses -> assertEquals(expected, guesses));
        }
        assertEquals(expected.get(0), network.predict(file));
        assertEquals(expected.get(0), network.predict(content));
        assertEquals(expected.get(0), network.predict(new ByteArrayInputStream(content)));
      }
      assertEquals(
          network.predict(PICTURES.get(0)),
          network.predict(ImageIO.read(PICTURES.get(0).toFile())));
    }
  }

  @Test
  void imagesOfEveryTypeAreSeenAlike() throws IOException {
    BufferedImage image = ImageIO.read(PICTURES.get(3).toFile());
    try (Classifier network = Sakd.load(weights, "cpu")) {
      Classifier.Guess expected = network.predict(image);
      for (int type :
          new int[] {
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_INT_ARGB_PRE,
            BufferedImage.TYPE_INT_BGR,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_4BYTE_ABGR_PRE
          }) {
        BufferedImage other = new BufferedImage(image.getWidth(), image.getHeight(), type);
        other.createGraphics().drawImage(image, 0, 0, null);
        assertEquals(expected, network.predict(other), () -> "type " + type);
      }
    }
  }

  @Test
  void theLikeliestClassesHaveNamesAndSumToOne() {
    try (Classifier network = Sakd.load(weights, "cpu")) {
      List<Classifier.Guess> all = network.top(99, List.of(PICTURES.get(0))).get(0);
      assertEquals(5, all.size());
      assertEquals(1, all.stream().mapToDouble(Classifier.Guess::probability).sum(), 1e-9);
      for (int i = 0; i < 5; i++) {
        assertEquals(NAMES.get(all.get(i).label()), all.get(i).name());
        assertTrue(i == 0 || all.get(i).probability() <= all.get(i - 1).probability());
      }
      assertEquals(all.subList(0, 2), network.top(2, List.of(PICTURES.get(0))).get(0));
      assertEquals(
          "cat 93.1 %", new Classifier.Guess(2, "cat", 0.9312).toString(), "what is printed");
      assertThrows(IllegalArgumentException.class, () -> network.top(0, PICTURES));
    }
  }

  /** The same answers as alone, bit for bit. */
  @Test
  void fourThreadsShareANetwork() throws Exception {
    try (Classifier network = Sakd.load(weights, "cpu")) {
      List<List<Classifier.Guess>> alone = network.top(5, PICTURES);
      long end = System.nanoTime() + SECONDS * 1_000_000_000L;
      int[] rounds = new int[4];
      inThreads(
          4,
          thread -> {
            while (System.nanoTime() < end) {
              if (thread % 2 == 0) {
                assertEquals(alone, network.top(5, PICTURES));
              } else {
                int i = rounds[thread] % PICTURES.size();
                assertEquals(alone.get(i).get(0), network.predict(PICTURES.get(i)));
              }
              rounds[thread]++;
            }
          });
      assertTrue(Arrays.stream(rounds).allMatch(n -> n > 0), Arrays.toString(rounds));
    }
  }

  @Test
  void closingWaitsAndWhatComesAfterIsRefused() throws Exception {
    for (int round = 0; round < 4; round++) {
      Classifier network = Sakd.load(weights, "cpu");
      List<Classifier.Guess> expected = network.predict(PICTURES);
      inThreads(
          4,
          thread -> {
            try {
              for (int i = 0; i < 3 + thread; i++) {
                assertEquals(expected, network.predict(PICTURES));
              }
              network.close();
              network.close();
              network.predict(PICTURES);
              throw new AssertionError("it is closed");
            } catch (IllegalStateException e) {
              assertTrue(e.getMessage().startsWith("the network is closed"), e.getMessage());
            }
          });
      assertThrows(IllegalStateException.class, () -> network.predict(PICTURES.get(0)));
      assertThrows(IllegalStateException.class, () -> network.predict(List.of()));
      assertEquals(NAMES, network.classNames());
    }
  }

  @Test
  void whatIsNoPictureIsNamed() {
    try (Classifier network = Sakd.load(weights, "cpu")) {
      assertEquals(List.of(), network.predict(List.of()));
      assertThrows(NullPointerException.class, () -> network.predict((List<?>) null));
      assertThrows(NullPointerException.class, () -> network.predict((Path) null));
      File file = PICTURES.get(0).toFile();
      IllegalArgumentException kind =
          assertThrows(
              IllegalArgumentException.class,
              () -> network.predict(Arrays.asList(PICTURES.get(0), file)));
      assertTrue(kind.getMessage().startsWith("picture 1 is a java.io.File"), kind.getMessage());
      assertThrows(
          IllegalArgumentException.class, () -> network.predict(Arrays.asList((Object) null)));
      UserError damaged = assertThrows(UserError.class, () -> network.predict(new byte[] {1, 2}));
      assertTrue(damaged.getMessage().startsWith("the picture: "), damaged.getMessage());
      InputStream broken =
          new InputStream() {
            @Override
            public int read() throws IOException {
              throw new IOException("line cut");
            }
          };
      UserError cut = assertThrows(UserError.class, () -> network.predict(broken));
      assertTrue(cut.getMessage().contains("line cut"), cut.getMessage());
    }
  }

  @Test
  void filesOfPyTorchAreWhatTheirNameSays() {
    Path file = UntrainedFiles.pth(folder.resolve("resnet20.pth"), ann("resnet20"));
    try (Classifier network = Sakd.load(file, "cpu", "resnet20", COLOURS)) {
      assertEquals("resnet20", network.about().name());
      assertFalse(network.about().neuron().kind().isSpiking());
      assertTrue(NAMES.contains(network.predict(PICTURES.get(0)).name()));
    }
    try (Classifier network = Sakd.load(file, "cpu", "spiking-resnet20", COLOURS)) {
      assertTrue(network.about().neuron().kind().isSpiking());
      assertEquals(4, network.about().steps());
    }
    UserError unnamed = assertThrows(UserError.class, () -> Sakd.load(file, "cpu"));
    assertTrue(unnamed.getMessage().contains("resnet20"), unnamed.getMessage());
    UserError other = assertThrows(UserError.class, () -> Sakd.load(file, "cpu", "resnet50"));
    assertTrue(other.getMessage().contains("resnet50"), other.getMessage());
    UserError named = assertThrows(UserError.class, () -> Sakd.load(weights, "cpu", "resnet18"));
    assertTrue(named.getMessage().contains("holds spiking-resnet20"), named.getMessage());
    try (Classifier network = Sakd.load(file, "cpu", "resnet20")) {
      assertEquals("class 3", network.classNames().get(3));
      UserError how =
          assertThrows(UserError.class, () -> network.predict(PICTURES.get(0)), "of which size?");
      assertTrue(how.getMessage().contains("ImageSpec"), how.getMessage());
    }
  }

  private static ModelFile ann(String name) {
    return new ModelFile(Networks.named(name), Neuron.RELU, 1, 3, NAMES.size());
  }

  @Test
  void masksAndDetectionsAreSharedToo() throws Exception {
    Path fcn =
        UntrainedFiles.safetensors(
            folder.resolve("fcn.safetensors"), about("spiking-fcn-resnet8", 1), COLOURS);
    Path retina =
        UntrainedFiles.safetensors(
            folder.resolve("retina.safetensors"), about("spiking-retinanet-resnet8", 1), COLOURS);
    try (Segmenter masks = Sakd.loadSegmenter(fcn, "cpu");
        Detector boxes = Sakd.loadDetector(retina, "cpu")) {
      String mask = masks.predict(PICTURES.get(0)).toString();
      assertTrue(mask.matches("40x40 pixels: (\\w+ [\\d.]+ %(, )?)+"), mask);
      List<String> seen = masks.predict(PICTURES).stream().map(Segmenter.Mask::toString).toList();
      List<List<Detector.Detection>> found = boxes.predict(PICTURES);
      inThreads(
          4,
          thread -> {
            assertEquals(
                seen, masks.predict(PICTURES).stream().map(Segmenter.Mask::toString).toList());
            assertEquals(found, boxes.predict(PICTURES));
          });
    }
    assertEquals(
        "bee 93.1 % at 12, 30 to 50, 71",
        new Detector.Detection("bee", 1, 0.9312f, 12.2f, 30, 50, 70.9f).toString());
  }

  private interface Work {
    void of(int thread) throws Exception;
  }

  private static void inThreads(int threads, Work work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        all.add(
            pool.submit(
                () -> {
                  work.of(thread);
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
