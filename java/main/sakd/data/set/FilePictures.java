package sakd.data.set;

import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import sakd.data.image.Picture;
import sakd.data.image.PictureDecoder;
import sakd.io.ImageFiles;

/** Pictures in files, decoded whenever they are needed. */
abstract class FilePictures implements Pictures {
  private final List<Path> files;

  /** Width and height of each picture, once somebody asked. */
  private final AtomicReferenceArray<int[]> sizes;

  FilePictures(List<Path> files) {
    this.files = files;
    this.sizes = new AtomicReferenceArray<>(files.size());
  }

  @Override
  public final int size() {
    return files.size();
  }

  final Path file(int index) {
    return files.get(index);
  }

  @Override
  public final String name(int index) {
    return files.get(index).toString();
  }

  @Override
  public int[] sizeOf(int index) {
    int[] size = sizes.get(index);
    if (size == null) {
      size = storedSize(files.get(index));
      sizes.set(index, size);
    }
    return size;
  }

  /** Width and height that the file itself says, in pixels. */
  static int[] storedSize(Path path) {
    ImageStore.Entry file = ImageStore.Entry.of(path);
    return PictureDecoder.size(file, file.bytes());
  }

  @Override
  public Picture picture(int index, int divisor) {
    ImageStore.Entry file = ImageStore.Entry.of(files.get(index));
    return PictureDecoder.decode(file, file.bytes(), (width, height) -> divisor);
  }

  @Override
  public SortedMap<String, Integer> formats() {
    SortedMap<String, Integer> formats = new TreeMap<>();
    for (Path file : files) {
      formats.merge(ImageFiles.suffix(file.toString()), 1, Integer::sum);
    }
    return formats;
  }
}
