package sakd.data.set;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.io.IoErrors;

/**
 * CIFAR-10 and CIFAR-100 in every published form: images {@code [3, 32, 32]} and a label each, of
 * CIFAR-100 the fine one.
 */
public final class CifarReader {
  private static final int SIDE = 32;
  private static final int IMAGE_BYTES = 3 * SIDE * SIDE;

  private CifarReader() {}

  /** What a file holds. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Batch(byte[] images, int[] labels) {}

  /**
   * Reads CIFAR-10.
   *
   * @param path the folder of the files, the one above it, or an archive as downloaded
   * @param train the 50,000 training images, or else the 10,000 test images
   * @param note hears of checksums that are not the published ones
   * @throws UserError if a file is missing, cannot be read or is damaged
   */
  public static Dataset readCifar10(Path path, boolean train, Consumer<String> note) {
    return read(DatasetKind.CIFAR10, path, train, note);
  }

  /** Reads CIFAR-100 with its 100 fine labels; as {@link #readCifar10}. */
  public static Dataset readCifar100(Path path, boolean train, Consumer<String> note) {
    return read(DatasetKind.CIFAR100, path, train, note);
  }

  private static Dataset read(DatasetKind kind, Path root, boolean train, Consumer<String> note) {
    CifarPlace place =
        CifarPlace.find(kind, root)
            .orElseGet(() -> new CifarPlace(CifarLayout.of(kind).get(0), root));
    CifarLayout layout = place.layout();
    List<String> names = layout.files(train);
    Map<String, byte[]> files = place.read(names, layout.namesFile, note);
    List<Batch> batches = new ArrayList<>();
    long total = 0;
    for (String name : names) {
      byte[] content = files.remove(name);
      Batch batch =
          layout.python() ? CifarPickle.read(place, name, content) : binary(place, name, content);
      for (int i = 0; i < batch.labels.length; i++) {
        if (batch.labels[i] < 0 || batch.labels[i] >= kind.classes()) {
          throw IoErrors.damaged(
              place.name(name),
              "the label of image " + i + " is " + batch.labels[i],
              "labels below " + kind.classes());
        }
      }
      batches.add(batch);
      total += batch.labels.length;
    }
    if (total * IMAGE_BYTES > Integer.MAX_VALUE - 8) {
      throw new UserError(
          root + ": the files hold " + total + " images; expected 50000 or 10000 as published");
    }
    ByteBuffer images = ByteBuffer.allocate((int) total * IMAGE_BYTES);
    IntBuffer labels = IntBuffer.allocate((int) total);
    for (Batch batch : batches) {
      images.put(batch.images);
      labels.put(batch.labels);
    }
    byte[] meta = files.get(layout.namesFile);
    DatasetInfo info = meta == null ? kind.info : kind.info.withClassNames(classNames(place, meta));
    return new MemoryDataset(info, SIDE, SIDE, images.array(), labels.array());
  }

  /** Records of the label bytes and the pixels; there is no header. */
  private static Batch binary(CifarPlace place, String name, byte[] content) {
    int labelBytes = place.layout().labelBytes;
    int record = labelBytes + IMAGE_BYTES;
    if (content.length == 0 || content.length % record != 0) {
      throw IoErrors.damaged(
          place.name(name),
          "it has " + content.length + " bytes",
          "a multiple of " + record + ", the bytes of an image");
    }
    int count = content.length / record;
    ByteBuffer images = ByteBuffer.allocate(count * IMAGE_BYTES);
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = content[i * record + labelBytes - 1] & 0xff;
      images.put(content, i * record + labelBytes, IMAGE_BYTES);
    }
    return new Batch(images.array(), labels);
  }

  private static List<String> classNames(CifarPlace place, byte[] meta) {
    int classes = place.layout().kind.classes();
    Object file = place.name(place.layout().namesFile);
    List<String> names;
    if (place.layout().python()) {
      names = CifarPickle.classNames(place, meta);
    } else {
      try {
        names =
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(meta))
                .toString()
                .lines()
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
      } catch (CharacterCodingException e) {
        throw IoErrors.damaged(file, "it is not UTF-8", classes + " class names, one per line");
      }
    }
    if (names.size() != classes) {
      throw IoErrors.damaged(
          file, "it has " + names.size() + " lines", classes + " class names, one per line");
    }
    return names;
  }
}
