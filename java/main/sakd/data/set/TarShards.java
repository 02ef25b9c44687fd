package sakd.data.set;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import sakd.data.ClassNames;
import sakd.io.ImageFiles;
import sakd.io.IoErrors;

/** Archives of one class each, named after it, or of pictures each beside a {@code .cls} file. */
final class TarShards implements ClassSource<ImageStore.Entry> {
  private static final String EXPECTED = "a complete tar archive of pictures";
  private static final String SUFFIX = ".tar";

  /** Of a label, and spaces around it. */
  private static final int MOST_DIGITS = 20;

  private final List<Path> files;

  /** Pictures of an archive, and the class number that it has for each, or -1. */
  private record Shard(Path file, Map<ImageStore.Entry, Integer> pictures) {
    boolean numbered() {
      return pictures.values().stream().anyMatch(label -> label >= 0);
    }
  }

  /**
   * @param files at least one
   */
  TarShards(List<Path> files) {
    this.files = files;
  }

  static boolean isShard(Path file) {
    return file.toString().endsWith(SUFFIX);
  }

  @Override
  public List<String> classNames() {
    for (Path file : files) {
      Shard shard = list(file);
      if (shard.numbered()) {
        return List.copyOf(samples().keySet());
      }
      if (!shard.pictures.isEmpty()) {
        break; // The names of the archives are those of the classes.
      }
    }
    return files.stream().map(TarShards::className).toList();
  }

  private static String className(Path file) {
    return ClassNames.composed(file.getFileName().toString().replace(SUFFIX, ""));
  }

  @Override
  public Map<String, List<ImageStore.Entry>> samples() {
    List<Shard> shards = files.parallelStream().map(TarShards::list).toList();
    if (shards.stream().allMatch(s -> s.pictures.isEmpty())) {
      throw IoErrors.damaged(files.get(0), "it has no picture", "pictures in an archive");
    }
    return shards.stream().anyMatch(Shard::numbered) ? byNumber(shards) : byName(shards);
  }

  private static Map<String, List<ImageStore.Entry>> byName(List<Shard> shards) {
    Map<String, List<ImageStore.Entry>> classes = new LinkedHashMap<>();
    for (Shard shard : shards) {
      if (shard.pictures.isEmpty()) {
        throw IoErrors.damaged(shard.file, "it has no picture", "those of a class");
      }
      classes
          .computeIfAbsent(className(shard.file), name -> new ArrayList<>())
          .addAll(shard.pictures.keySet());
    }
    return classes;
  }

  /** The numbers of classes are kept: one of which no picture is there is an empty class. */
  private static Map<String, List<ImageStore.Entry>> byNumber(List<Shard> shards) {
    List<List<ImageStore.Entry>> classes = new ArrayList<>();
    for (Shard shard : shards) {
      shard.pictures.forEach(
          (picture, label) -> {
            if (label < 0) {
              throw IoErrors.damaged(picture, "it has no label", "a file ending in .cls beside it");
            }
            while (classes.size() <= label) {
              classes.add(new ArrayList<>());
            }
            classes.get(label).add(picture);
          });
    }
    Map<String, List<ImageStore.Entry>> named = new LinkedHashMap<>();
    for (int k = 0; k < classes.size(); k++) {
      named.put(Integer.toString(k), classes.get(k));
    }
    return named;
  }

  /** The pictures of an archive, with label -1 where there is none. */
  private static Shard list(Path file) {
    List<ImageStore.Entry> found = new ArrayList<>();
    Map<String, Integer> labels = new HashMap<>();
    try (TarFile tar = new TarFile(file)) {
      for (TarArchiveEntry e : tar.getEntries()) {
        String name = e.getName();
        if (!e.isFile() || Arrays.stream(name.split("/")).anyMatch(FolderListing::isHidden)) {
          continue;
        }
        if (name.endsWith(".cls")) {
          labels.put(stem(name), label(tar, e, file));
        } else if (ImageFiles.SUFFIXES.contains(ImageFiles.suffix(name))) {
          if (e.getSize() > Files.size(file) - e.getDataOffset()) {
            throw IoErrors.damaged(file, "it ends within " + name, EXPECTED);
          }
          found.add(new ImageStore.Entry(file, name, e.getDataOffset(), e.getSize()));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw IoErrors.damaged(file, "it cannot be listed (" + e.getMessage() + ")", EXPECTED);
    }
    Map<ImageStore.Entry, Integer> pictures = new LinkedHashMap<>();
    found.forEach(e -> pictures.put(e, labels.getOrDefault(stem(e.name()), -1)));
    return new Shard(file, pictures);
  }

  private static int label(TarFile tar, TarArchiveEntry entry, Path file) throws IOException {
    if (entry.getSize() > MOST_DIGITS) {
      throw IoErrors.damaged(file, entry.getName() + " is no label", EXPECTED);
    }
    String text;
    try (InputStream in = tar.getInputStream(entry)) {
      text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).strip();
    }
    if (!text.matches("\\d{1,6}")) {
      throw IoErrors.damaged(file, entry.getName() + " is no label", "a class number");
    }
    return Integer.parseInt(text);
  }

  /** A name without its ending: WebDataset's key. */
  private static String stem(String name) {
    int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
    return dot < 0 ? name : name.substring(0, dot);
  }

  @Override
  public String toString() {
    return files.size() == 1
        ? files.get(0).toString()
        : files.get(0) + " and " + (files.size() - 1) + " more";
  }
}
