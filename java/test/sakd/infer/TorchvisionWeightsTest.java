package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.data.DatasetInfo;
import sakd.data.set.MemoryDataset;
import sakd.io.Checksum;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.testing.FileServer;

/** With a file server of its own in the place of torchvision's. */
class TorchvisionWeightsTest {
  private static final String MIRROR = "sakd.torchvision";

  @TempDir Path folder;

  private final byte[] content = new byte[200_000];
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private FileServer server;
  private Path place;

  @BeforeEach
  void serve() throws IOException {
    new Random(1).nextBytes(content);
    content[0] = 'P'; // No web page.
    server = new FileServer();
    server.put("net-12345678.pth", content);
    System.setProperty(MIRROR, server.address(""));
    place = folder.resolve("own/net-12345678.pth");
  }

  @AfterEach
  void stop() {
    System.clearProperty(MIRROR);
    server.close();
  }

  private static String sha256(byte[] bytes) {
    Checksum sum = Checksum.sha256();
    sum.add(bytes);
    return sum.hex();
  }

  /** Of which eight digits are known, as of most files. */
  private TorchvisionWeights weights() {
    return of(sha256(content).substring(0, 8));
  }

  private TorchvisionWeights of(String checksum) {
    return new TorchvisionWeights(
        "net", "net-12345678.pth", content.length / 1048576.0, checksum, 1000);
  }

  @Test
  void whatIsFetchedIsChecked() throws IOException {
    weights().fetch(place, said::add);
    assertArrayEquals(content, Files.readAllBytes(place));
    assertTrue(said.get(0).startsWith("fetching net-12345678.pth (0.2 MiB) from http:"), said + "");
    weights().fetch(place, said::add);
    assertEquals(List.of("net-12345678.pth"), server.asked(), "once");

    // What is there and damaged is told of, and not touched.
    Files.write(place, new byte[7]);
    assertRefused(() -> weights().fetch(place, said::add), "SHA-256", "move it away");
    Files.delete(place);
    assertRefused(
        () -> of("0123abcd").fetch(place, said::add), sha256(content), "expected 0123abcd...");
    assertFalse(Files.exists(place));
    assertFalse(Files.exists(place.resolveSibling("net-12345678.pth.part")));
    server.close();
    assertRefused(() -> weights().fetch(place, said::add), "cannot fetch", "to go on");
  }

  @Test
  void aDownloadGoesOnWhereItStopped() throws IOException {
    Files.createDirectories(place.getParent());
    Files.write(place.resolveSibling("net-12345678.pth.part"), Arrays.copyOf(content, 70_000));
    weights().fetch(place, said::add);
    assertEquals(List.of("net-12345678.pth bytes=70000-"), server.asked());
    assertArrayEquals(content, Files.readAllBytes(place));
  }

  @Test
  void processesThatAskAtOnceWaitForTheFirst() throws Exception {
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(new Thread(() -> weights().fetch(place, said::add)));
    }
    all.forEach(Thread::start);
    for (Thread t : all) {
      t.join();
    }
    assertEquals(1, server.asked().size());
    assertArrayEquals(content, Files.readAllBytes(place));
  }

  @Test
  void filesThatAreThereComeFirst() throws IOException {
    Path home = folder.resolve("home");
    List<Path> caches = TorchvisionWeights.caches(null, Optional.of(home));
    assertEquals(
        List.of(home.resolve("torch/hub/checkpoints"), home.resolve("sakd/weights")), caches);
    assertEquals(
        List.of(folder.resolve("hub/checkpoints"), home.resolve("sakd/weights")),
        TorchvisionWeights.caches(folder.toString(), Optional.of(home)));
    assertEquals(List.of(), TorchvisionWeights.caches(null, Optional.empty()));

    for (Path cache : caches) {
      Files.createDirectories(cache);
    }
    assertEquals(Optional.empty(), weights().found(caches));
    Path own = caches.get(1).resolve("net-12345678.pth");
    Files.write(own, content);
    byte[] damaged = content.clone();
    damaged[9] ^= 1;
    Files.write(caches.get(0).resolve("net-12345678.pth"), damaged);
    assertEquals(Optional.of(own), weights().found(caches), "the damaged one is passed over");
    Files.write(caches.get(0).resolve("net-12345678.pth"), content);
    assertEquals(Optional.of(caches.get(0).resolve("net-12345678.pth")), weights().found(caches));
  }

  @Test
  void aFolderOfTheUsersHasTheFileByItsName() throws IOException {
    assertRefused(() -> weights().in(folder), "has no net-12345678.pth", "give the weight file");
    Path file = folder.resolve("net-12345678.pth");
    Files.write(file, content);
    assertEquals(file, weights().in(folder));
    weights().compare(file, said::add);
    assertEquals(List.of(), said);
    Files.write(file, new byte[3]);
    weights().compare(file, said::add);
    assertTrue(said.get(0).contains("is not the published file: its SHA-256 is"), said + "");
  }

  @Test
  void everyNetworkHasThePublishedNumberOfParameters() {
    Map<String, Long> published = new HashMap<>(); // As the metadata of torchvision have them.
    published.put("resnet18", 11_689_512L);
    published.put("resnet34", 21_797_672L);
    published.put("resnet50", 25_557_032L);
    published.put("resnet101", 44_549_160L);
    published.put("resnet152", 60_192_808L);
    published.put("vgg11", 132_868_840L);
    published.put("vgg13", 133_053_736L);
    published.put("vgg16", 138_365_992L);
    published.put("fcn-resnet50", 35_322_218L);
    published.put("fcn-resnet101", 54_314_346L);
    published.put("deeplabv3-resnet50", 42_004_074L);
    published.put("deeplabv3-resnet101", 60_996_202L);
    published.put("retinanet-resnet50", 34_014_999L);
    for (TorchvisionWeights w : TorchvisionWeights.all()) {
      NetworkSpec spec = Networks.named(w.network()).withStem(NetworkSpec.Stem.IMAGENET);
      Parameters parameters = new Parameters(0);
      spec.ann().build(Neuron.RELU, 1, 3, w.classes(), parameters);
      // The detector's batch norms are frozen there: four values of each channel are no parameters.
      boolean frozen = w.network().startsWith("retinanet");
      long trained =
          parameters.all().stream()
              .filter(Parameter::trained)
              .filter(p -> !frozen || !p.name().matches(".*(bn\\d|downsample\\.1)\\.(weight|bias)"))
              .mapToLong(Parameter::size)
              .sum();
      assertEquals(published.remove(w.network()), trained, w.network());
      double mebibytes = 4 * parameters.all().stream().mapToLong(Parameter::size).sum() / 1048576.0;
      assertEquals(mebibytes, w.mebibytes(), 0.005 * mebibytes, w.file());
      assertEquals(w.sha256().substring(0, 8), w.file().replaceAll(".*-|\\.pth", ""));
      assertTrue(w.sha256().matches("[0-9a-f]{8}|[0-9a-f]{64}"), w.file());
      assertEquals(w, TorchvisionWeights.of(spec));
    }
    assertEquals(Map.of(), published);
    assertRefused(
        () -> TorchvisionWeights.of(Networks.named("resnet20")),
        "torchvision publishes no weights of resnet20",
        "resnet18, resnet34");
  }

  @Test
  void whatTheyAreNotForIsRefusedBeforeTheyAreFetched() {
    NetworkSpec spec = Networks.named("resnet18");
    NetworkSpec large = spec.withStem(NetworkSpec.Stem.IMAGENET);
    TorchvisionWeights w = TorchvisionWeights.of(spec);
    assertRefused(() -> w.requireFit(spec, images(3), true), "--stem imagenet");
    assertRefused(() -> w.requireFit(large, images(1), true), "3 channels", "have 1", "in colour");
    assertRefused(
        () -> w.requireFit(large, images(3), false), "1000 instead of 2", "give --finetune");
    w.requireFit(large, images(3), true);
    assertEquals(List.of(), server.asked());
  }

  private static MemoryDataset images(int channels) {
    float[] each = new float[channels];
    Arrays.fill(each, 0.5f);
    DatasetInfo info = new DatasetInfo("noise", List.of("a", "b"), each, each, false);
    return new MemoryDataset(info, 8, 8, new byte[channels * 64], new int[1]);
  }
}
