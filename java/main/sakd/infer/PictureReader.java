package sakd.infer;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import sakd.base.Processors;
import sakd.data.Ahead;
import sakd.data.image.PictureSource;
import sakd.model.ImageSpec;
import sakd.model.InputImage;

/** Reads pictures on several processors, ahead of the network but not far. */
public final class PictureReader extends ImageReader {
  /** Pictures that are read ahead for each thread. */
  private static final int AHEAD = 8;

  /** More would keep up with any network, but each holds a picture in its full size. */
  private static final int MOST_THREADS = 8;

  private final Function<PictureSource, InputImage> how;
  private final List<PictureSource> sources;
  private final int window;

  /** Null for a single picture, which nothing can be read beside. */
  private final ExecutorService pool;

  private final Queue<Future<InputImage>> ahead = new ArrayDeque<>();
  private int submitted;

  private PictureReader(
      ImageSpec spec, List<PictureSource> sources, Function<PictureSource, InputImage> how) {
    super(sources.stream().map(PictureSource::name).toList(), spec.channels(), spec.height());
    this.how = how;
    this.sources = List.copyOf(sources);
    int threads = Math.min(MOST_THREADS, Processors.count());
    this.window = AHEAD * threads;
    this.pool =
        sources.size() == 1
            ? null
            : Executors.newFixedThreadPool(
                threads,
                task -> {
                  Thread thread = new Thread(task, "picture-reader");
                  thread.setDaemon(true);
                  return thread;
                });
  }

  /**
   * A reader of these pictures, in their order, brought to the size of a network's input.
   *
   * @throws sakd.base.UserError if the network does not take pictures
   */
  public static PictureReader sized(ImageSpec spec, List<PictureSource> sources) {
    spec.requireSquares();
    return new PictureReader(spec, sources, spec::read);
  }

  /**
   * A reader of these pictures, in their order, each in its own size.
   *
   * @throws sakd.base.UserError if the network does not take pictures
   */
  public static PictureReader whole(ImageSpec spec, List<PictureSource> sources) {
    spec.requireColours();
    return new PictureReader(spec, sources, spec::readWhole);
  }

  /**
   * A reader of these pictures, in their order, each scaled as a detector sees it.
   *
   * @throws sakd.base.UserError if the network does not take pictures
   */
  public static PictureReader fitted(ImageSpec spec, List<PictureSource> sources) {
    spec.requireColours();
    return new PictureReader(spec, sources, spec::readFitted);
  }

  @Override
  protected InputImage read(int i) {
    if (pool == null) {
      return how.apply(sources.get(i));
    }
    while (submitted < sources.size() && submitted < i + window) {
      PictureSource source = sources.get(submitted++);
      ahead.add(pool.submit(() -> how.apply(source)));
    }
    return Ahead.take(ahead.remove(), "reading a picture");
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdownNow();
    }
  }
}
