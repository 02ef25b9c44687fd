package sakd.device.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/**
 * Convolution and matrix product by oneDNN. Activations stay channels last; weights are reordered
 * to the layout the chosen implementation likes, and rounded to bfloat16 on the way where
 * activations are. Primitives are made once per shape and kept.
 */
final class OneDnn implements MatrixLibrary {
  /** Java's handle on memory that HostMemory owns. */
  private static final class Address extends Pointer {
    Address(long at) {
      this.address = at;
    }
  }

  private record GemmKey(boolean transposeA, boolean transposeB, int m, int n, int k, float beta) {}

  private final engine cpu = loaded();
  private final stream queue = new stream(cpu);
  private final Map<DnnConv.Key, DnnConv> convs = new HashMap<>();
  private final Map<GemmKey, Matmul> gemms = new HashMap<>();

  /** Scratchpad and reordered weights of the call under way; as large as the largest so far. */
  private HostMemory scratch = HostMemory.allocate(1 << 20);

  private HostMemory reordered = HostMemory.allocate(1 << 20);

  /** The first of oneDNN that a process touches, which loads it. */
  private static engine loaded() {
    OpenMp.settle();
    return new engine(engine.kind.cpu, 0);
  }

  static String version() {
    var v = dnnl.dnnl_version();
    return "oneDNN " + v.major() + "." + v.minor() + "." + v.patch();
  }

  @Override
  public String name() {
    return version();
  }

  static memory.data_type type(DType storage) {
    return switch (storage) {
      case F32 -> memory.data_type.f32;
      case F16 -> memory.data_type.f16;
      case BF16 -> memory.data_type.bf16;
      default -> throw new IllegalArgumentException("no activations in " + storage);
    };
  }

  /** Convolution of bfloat16 x with float32 weights that are bfloat16 numbers; y is float32. */
  DnnConv spikes(ConvShape shape, boolean add) {
    DnnConv.Key key = new DnnConv.Key(DnnConv.Pass.FORWARD, shape, DType.BF16);
    return new DnnConv(this, key, memory.data_type.f32, add);
  }

  /** One matrix product c = a b of one shape; b is reordered first where that pays. */
  final class Matmul {
    private final matmul run;
    private final memory a;
    private final memory b;
    private final memory bInner;
    private final memory c;
    private final memory pad;
    private final reorder order;
    private final IntMemoryMap arguments = new IntMemoryMap();

    private Matmul(
        memory.desc aDesc,
        memory.desc bOuter,
        memory.desc bAny,
        memory.desc cDesc,
        primitive_attr attr) {
      attr.set_scratchpad_mode(dnnl.scratchpad_mode.user);
      var desc =
          new matmul.primitive_desc(cpu, aDesc, bAny == null ? bOuter : bAny, cDesc, attr, false);
      run = new matmul(desc);
      scratch = HostMemory.atLeast(scratch, desc.scratchpad_desc().get_size());
      a = memoryOf(aDesc);
      b = memoryOf(bOuter);
      c = memoryOf(cDesc);
      pad = memoryOf(desc.scratchpad_desc());
      if (bAny == null) {
        bInner = b;
        order = null;
      } else {
        memory.desc inner = desc.weights_desc();
        reordered = HostMemory.atLeast(reordered, inner.get_size());
        bInner = memoryOf(inner);
        order = new reorder(new reorder.primitive_desc(cpu, bOuter, cpu, inner));
      }
      arguments.put(DNNL_ARG_SRC, a);
      arguments.put(DNNL_ARG_WEIGHTS, bInner);
      arguments.put(DNNL_ARG_DST, c);
      arguments.put(DNNL_ARG_SCRATCHPAD, pad);
    }

    void run(Memory aAt, Memory bAt, Memory cAt) {
      set(a, aAt);
      set(b, bAt);
      set(c, cAt);
      set(pad, scratch);
      if (order != null) {
        set(bInner, reordered);
        order.execute(queue, b, bInner);
      }
      run.execute(queue, arguments);
    }
  }

  /**
   * The product of [m, k] and [k, n].
   *
   * @param bInner type b is turned to first, in the layout the product likes; null to take it as is
   */
  Matmul matmul(
      long n, long k, memory.desc a, memory.data_type bInner, memory.desc b, memory.desc c) {
    memory.desc any =
        bInner == null ? null : new memory.desc(new long[] {k, n}, bInner, memory.format_tag.any);
    return new Matmul(a, b, any, c, new primitive_attr());
  }

  /** A copy from one layout to another. */
  final class Copy {
    private final memory from;
    private final memory to;
    private final reorder order;

    private Copy(memory.desc fromDesc, memory.desc toDesc) {
      from = memoryOf(fromDesc);
      to = memoryOf(toDesc);
      order = new reorder(new reorder.primitive_desc(cpu, fromDesc, cpu, toDesc));
    }

    void run(Memory fromAt, Memory toAt) {
      set(from, fromAt);
      set(to, toAt);
      order.execute(queue, from, to);
    }
  }

  Copy copy(memory.desc from, memory.desc to) {
    return new Copy(from, to);
  }

  static memory.desc rowMajor(long rows, long columns, memory.data_type type) {
    return new memory.desc(new long[] {rows, columns}, type, new long[] {columns, 1});
  }

  /** A matrix whose transpose lies in memory. */
  static memory.desc columnMajor(long rows, long columns, memory.data_type type) {
    return new memory.desc(new long[] {rows, columns}, type, new long[] {1, rows});
  }

  private Matmul gemm(GemmKey key) {
    primitive_attr attr = new primitive_attr();
    if (key.beta != 0) {
      post_ops post = new post_ops();
      post.append_sum(key.beta, 0, memory.data_type.f32);
      attr.set_post_ops(post);
    }
    return new Matmul(
        matrix(key.m, key.k, key.transposeA),
        matrix(key.k, key.n, key.transposeB),
        null,
        matrix(key.m, key.n, false),
        attr);
  }

  private static memory.desc matrix(long rows, long columns, boolean transposed) {
    return transposed
        ? columnMajor(rows, columns, memory.data_type.f32)
        : rowMajor(rows, columns, memory.data_type.f32);
  }

  engine engine() {
    return cpu;
  }

  stream queue() {
    return queue;
  }

  /** Makes room for a primitive's scratchpad and for its weights in the layout it likes. */
  void reserve(memory.desc scratchpad, memory.desc weights) {
    scratch = HostMemory.atLeast(scratch, scratchpad.get_size());
    reordered = HostMemory.atLeast(reordered, weights.get_size());
  }

  void setScratch(memory m) {
    set(m, scratch);
  }

  void setReordered(memory m) {
    set(m, reordered);
  }

  memory memoryOf(memory.desc desc) {
    return new memory(desc, cpu, new Address(0));
  }

  static void set(memory m, Memory at) {
    m.set_data_handle(new Address(((HostMemory) at).address()));
  }

  private DnnConv conv(DnnConv.Pass pass, ConvShape shape, DType storage) {
    return convs.computeIfAbsent(
        new DnnConv.Key(pass, shape, storage), key -> new DnnConv(this, key));
  }

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    conv(DnnConv.Pass.FORWARD, shape, storage).run(x, w, y);
  }

  @Override
  public void convBackwardData(
      ConvShape shape,
      DType storage,
      Memory gradY,
      DType weights,
      Memory w,
      Memory gradX,
      boolean add) {
    conv(DnnConv.Pass.BACKWARD_DATA, shape, storage).run(gradX, w, gradY);
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    conv(DnnConv.Pass.BACKWARD_WEIGHTS, shape, storage).run(x, gradW, gradY);
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Memory a,
      Memory b,
      float beta,
      Memory c) {
    gemms
        .computeIfAbsent(new GemmKey(transposeA, transposeB, m, n, k, beta), this::gemm)
        .run(a, b, c);
  }

  @Override
  public void close() {
    convs.clear();
    gemms.clear();
    scratch.close();
    reordered.close();
  }
}
