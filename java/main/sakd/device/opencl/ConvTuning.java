package sakd.device.opencl;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.KernelSources;
import sakd.device.Memory;
import sakd.device.opencl.DirectConv.Tile;

/**
 * Finds the fastest way to compute convolutions by measuring each on one convolution, once for a
 * device and its driver; what was found is kept on disk, so that results stay the same.
 */
final class ConvTuning {
  /**
   * What was chosen.
   *
   * @param data for the passes forward and to the gradient by x
   * @param weights for the gradient by w; may be the same
   */
  record Choice(Conv data, Conv weights) implements AutoCloseable {
    long scratchBytes() {
      return data.scratchBytes() + (weights == data ? 0 : weights.scratchBytes());
    }

    @Override
    public void close() {
      data.close();
      weights.close();
    }
  }

  /** Columns and CLBlast, in the text that is kept. */
  private static final String COLUMNS = "columns";

  /** A convolution of a middle layer; a processor takes some milliseconds. */
  private static final ConvShape SHAPE = new ConvShape(8, 16, 16, 128, 128, 3, 1, 1);

  private static final int ROUNDS = 3;

  /**
   * For processors with vectors of 16 and of 8 floats, and for GPUs. Few: each is compiled first.
   */
  private static final List<Tile> WIDE = List.of(new Tile(16, 1, 16), new Tile(16, 1, 12));

  private static final List<Tile> NARROW = List.of(new Tile(8, 1, 12), new Tile(8, 1, 8));
  private static final List<Tile> GPU =
      List.of(
          new Tile(4, 1, 8),
          new Tile(4, 2, 4),
          new Tile(4, 1, 4),
          new Tile(2, 2, 8),
          new Tile(1, 4, 8));

  private final OpenClDevice device;
  private final ClBlast blast;
  private final BinaryCache cache;

  ConvTuning(OpenClDevice device, ClBlast blast) {
    this(device, blast, BinaryCache.ofUser("opencl"));
  }

  ConvTuning(OpenClDevice device, ClBlast blast, BinaryCache cache) {
    this.device = device;
    this.blast = blast;
    this.cache = cache;
  }

  private List<Tile> tiles() {
    return device.isGpuGrid() ? GPU : device.floatLanes() >= 16 ? WIDE : NARROW;
  }

  /**
   * The ways that are measured, by the text that is kept of the fastest. A processor has no use for
   * CLBlast's tiles, and would compile them for many seconds.
   */
  private List<String> ways() {
    Stream<String> direct = tiles().stream().map(Tile::toString);
    return (device.isGpuGrid() ? Stream.concat(direct, Stream.of(COLUMNS)) : direct).toList();
  }

  private Conv way(String text) {
    for (Tile tile : tiles()) {
      if (tile.toString().equals(text)) {
        return new DirectConv(device, tile);
      }
    }
    return new ColumnsConv(device, blast, ColumnsConv.COLUMN_BYTES);
  }

  /** The fastest ways. */
  Choice choose() {
    List<String> fastest = fastest();
    Conv data = way(fastest.get(0));
    return new Choice(data, fastest.get(1).equals(fastest.get(0)) ? data : way(fastest.get(1)));
  }

  /** What is kept for the device, or else what is measured now: of both passes. */
  List<String> fastest() {
    List<String> ways = ways();
    String key =
        "convolutions-"
            + KernelSources.sha256(
                KernelSources.load(DirectConv.FILE),
                KernelSources.load("im2col.cu"),
                ClBlast.NAME,
                String.join(",", ways),
                device.target());
    Optional<List<String>> kept =
        cache
            .read(key)
            .map(bytes -> new String(bytes, StandardCharsets.UTF_8).lines().toList())
            .filter(lines -> lines.size() == 2 && ways.containsAll(lines));
    return kept.orElseGet(
        () -> {
          List<String> measured = measure(ways);
          cache.write(key, String.join("\n", measured).getBytes(StandardCharsets.UTF_8));
          return measured;
        });
  }

  /** The fastest way forward, and to the gradient by w. */
  private List<String> measure(List<String> ways) {
    long pixels = (long) SHAPE.batch() * SHAPE.height() * SHAPE.width();
    long weights = (long) SHAPE.out() * SHAPE.kernel() * SHAPE.kernel() * SHAPE.in();
    try (Memory x = zeros(pixels * SHAPE.in());
        Memory y = zeros(pixels * SHAPE.out());
        Memory w = zeros(weights)) {
      return List.of(
          fastest(ways, conv -> conv.forward(SHAPE, DType.F32, x, w, y)),
          fastest(ways, conv -> conv.backwardWeights(SHAPE, DType.F32, x, y, w)));
    }
  }

  private Memory zeros(long numbers) {
    Memory memory = device.allocate(numbers * Float.BYTES);
    device.zero(memory);
    return memory;
  }

  private String fastest(List<String> ways, Consumer<Conv> pass) {
    String fastest = COLUMNS;
    long least = Long.MAX_VALUE;
    for (String text : ways) {
      try (Conv way = way(text)) {
        // The first time compiles.
        nanoseconds(way, pass);
        for (int round = 0; round < ROUNDS; round++) {
          long taken = nanoseconds(way, pass);
          if (taken < least) {
            least = taken;
            fastest = text;
          }
        }
      } catch (UserError | IllegalStateException e) {
        // A driver may refuse what takes too many registers: the fastest is another way.
      }
    }
    return fastest;
  }

  private long nanoseconds(Conv way, Consumer<Conv> pass) {
    device.synchronize();
    long start = System.nanoTime();
    pass.accept(way);
    device.synchronize();
    return System.nanoTime() - start;
  }
}
