package sakd.infer;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import sakd.base.Processors;
import sakd.data.Ahead;
import sakd.model.ImageSpec;
import sakd.model.InputImage;

/** Reads files of pictures on several processors, ahead of the network but not far. */
public final class PictureReader extends ImageReader {
  /** Pictures that are read ahead for each thread. */
  private static final int AHEAD = 8;

  /** More would keep up with any network, but each holds a picture in its full size. */
  private static final int MOST_THREADS = 8;

  private final Function<Path, InputImage> how;
  private final List<Path> files;
  private final int window;
  private final ExecutorService pool;
  private final Queue<Future<InputImage>> ahead = new ArrayDeque<>();
  private int submitted;

  private PictureReader(ImageSpec spec, List<Path> files, Function<Path, InputImage> how) {
    super(files.stream().map(Path::toString).toList(), spec.channels(), spec.height());
    this.how = how;
    this.files = List.copyOf(files);
    int threads = Math.min(MOST_THREADS, Processors.count());
    this.window = AHEAD * threads;
    this.pool =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "picture-reader");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * A reader of these files, in their order, brought to the size of a network's input.
   *
   * @throws sakd.base.UserError if the network does not take pictures
   */
  public static PictureReader sized(ImageSpec spec, List<Path> files) {
    spec.requireSquares();
    return new PictureReader(spec, files, spec::read);
  }

  /**
   * A reader of these files, in their order, each in its own size.
   *
   * @throws sakd.base.UserError if the network does not take pictures
   */
  public static PictureReader whole(ImageSpec spec, List<Path> files) {
    spec.requireColours();
    return new PictureReader(spec, files, spec::readWhole);
  }

  /**
   * A reader of these files, in their order, each scaled as a detector sees it.
   *
   * @throws sakd.base.UserError if the network does not take pictures
   */
  public static PictureReader fitted(ImageSpec spec, List<Path> files) {
    spec.requireColours();
    return new PictureReader(spec, files, spec::readFitted);
  }

  @Override
  protected InputImage read(int i) {
    while (submitted < files.size() && submitted < i + window) {
      Path file = files.get(submitted++);
      ahead.add(pool.submit(() -> how.apply(file)));
    }
    return Ahead.take(ahead.remove(), "reading a picture");
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
