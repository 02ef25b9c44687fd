package sakd.device.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
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

  private enum Pass {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHTS
  }

  private record ConvKey(Pass pass, ConvShape shape, DType storage) {}

  private record GemmKey(boolean transposeA, boolean transposeB, int m, int n, int k, float beta) {}

  /** Null where there are no kernels to lay out windows with. */
  private final WindowConv windows;

  /** Null where there are no kernels, or no matrix units for bfloat16. */
  private final SpikeConv spikes;

  private final engine cpu = new engine(engine.kind.cpu, 0);
  private final stream queue = new stream(cpu);
  private final Map<ConvKey, Conv> convs = new HashMap<>();
  private final Map<GemmKey, Matmul> gemms = new HashMap<>();

  /** Scratchpad and reordered weights of the call under way; as large as the largest so far. */
  private HostMemory scratch = HostMemory.allocate(1 << 20);

  private HostMemory reordered = HostMemory.allocate(1 << 20);

  /** With the kernels of a device, or null for oneDNN alone. */
  OneDnn(Function<KernelSpec, Kernel> kernels) {
    windows = kernels == null ? null : new WindowConv(this, kernels);
    spikes = kernels == null || !CpuDevice.hasAmx() ? null : new SpikeConv(this, kernels);
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

  /** One convolution pass of one shape: the primitive, its memory objects and weights' reorder. */
  final class Conv {
    private final Pass pass;
    private final primitive run;
    private final memory x;
    private final memory y;
    private final memory w;
    private final memory wInner;
    private final memory pad;
    private final reorder order;
    private final IntMemoryMap arguments = new IntMemoryMap();

    private Conv(ConvKey key) {
      this(key, type(key.storage), false);
    }

    /** y has its own type; {@code add} adds to it. */
    private Conv(ConvKey key, memory.data_type yType, boolean add) {
      pass = key.pass;
      ConvShape s = key.shape;
      memory.data_type t = type(key.storage);
      memory.data_type tw = pass == Pass.BACKWARD_WEIGHTS ? memory.data_type.f32 : t;
      memory.desc xDesc = image(s.batch(), s.in(), s.height(), s.width(), t);
      memory.desc yDesc = image(s.batch(), s.out(), s.outHeight(), s.outWidth(), yType);
      long k = s.kernel();
      long[] wDims = {s.out(), s.in(), k, k};
      memory.desc wAny = new memory.desc(wDims, tw, memory.format_tag.any);
      memory.desc wOuter =
          new memory.desc(
              wDims, memory.data_type.f32, new long[] {k * k * s.in(), 1, k * s.in(), s.in()});
      long[] strides = {s.stride(), s.stride()};
      long[] dilates = {s.dilation() - 1, s.dilation() - 1};
      long[] padding = {s.pad(), s.pad()};
      primitive_attr attr = new primitive_attr();
      attr.set_scratchpad_mode(dnnl.scratchpad_mode.user);
      if (add) {
        post_ops post = new post_ops();
        post.append_sum(1, 0, yType);
        attr.set_post_ops(post);
      }
      var forward =
          new convolution_forward.primitive_desc(
              cpu,
              dnnl.prop_kind.forward_training,
              dnnl.algorithm.convolution_direct,
              xDesc,
              pass == Pass.BACKWARD_WEIGHTS
                  ? new memory.desc(wDims, t, memory.format_tag.any)
                  : wAny,
              yDesc,
              strides,
              dilates,
              padding,
              padding,
              attr,
              false);
      primitive_desc desc;
      switch (pass) {
        case FORWARD -> {
          desc = forward;
          run = new convolution_forward(forward);
        }
        case BACKWARD_DATA -> {
          var d =
              new convolution_backward_data.primitive_desc(
                  cpu,
                  dnnl.algorithm.convolution_direct,
                  xDesc,
                  wAny,
                  yDesc,
                  strides,
                  dilates,
                  padding,
                  padding,
                  forward,
                  attr,
                  false);
          desc = d;
          run = new convolution_backward_data(d);
        }
        default -> {
          var d =
              new convolution_backward_weights.primitive_desc(
                  cpu,
                  dnnl.algorithm.convolution_direct,
                  xDesc,
                  wAny,
                  yDesc,
                  strides,
                  dilates,
                  padding,
                  padding,
                  forward,
                  attr,
                  false);
          desc = d;
          run = new convolution_backward_weights(d);
        }
      }
      memory.desc inner =
          pass == Pass.BACKWARD_WEIGHTS ? desc.diff_weights_desc() : desc.weights_desc();
      scratch = atLeast(scratch, desc.scratchpad_desc().get_size());
      reordered = atLeast(reordered, inner.get_size());
      x = memoryOf(xDesc);
      y = memoryOf(yDesc);
      w = memoryOf(wOuter);
      wInner = memoryOf(inner);
      pad = memoryOf(desc.scratchpad_desc());
      order =
          pass == Pass.BACKWARD_WEIGHTS
              ? new reorder(new reorder.primitive_desc(cpu, inner, cpu, wOuter))
              : new reorder(new reorder.primitive_desc(cpu, wOuter, cpu, inner));
      arguments.put(pass == Pass.BACKWARD_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, x);
      arguments.put(pass == Pass.FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, y);
      arguments.put(
          pass == Pass.BACKWARD_WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, wInner);
      arguments.put(DNNL_ARG_SCRATCHPAD, pad);
    }

    void run(Memory xAt, Memory wAt, Memory yAt) {
      set(x, xAt);
      set(w, wAt);
      set(y, yAt);
      set(wInner, reordered);
      set(pad, scratch);
      if (pass != Pass.BACKWARD_WEIGHTS) {
        order.execute(queue, w, wInner);
      }
      run.execute(queue, arguments);
      if (pass == Pass.BACKWARD_WEIGHTS) {
        order.execute(queue, wInner, w);
      }
    }
  }

  /** Convolution of bfloat16 x with float32 weights that are bfloat16 numbers; y is float32. */
  Conv spikes(ConvShape shape, boolean add) {
    return new Conv(new ConvKey(Pass.FORWARD, shape, DType.BF16), memory.data_type.f32, add);
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
      scratch = atLeast(scratch, desc.scratchpad_desc().get_size());
      a = memoryOf(aDesc);
      b = memoryOf(bOuter);
      c = memoryOf(cDesc);
      pad = memoryOf(desc.scratchpad_desc());
      if (bAny == null) {
        bInner = b;
        order = null;
      } else {
        memory.desc inner = desc.weights_desc();
        reordered = atLeast(reordered, inner.get_size());
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

  private static memory.desc image(long n, long c, long h, long w, memory.data_type t) {
    return new memory.desc(new long[] {n, c, h, w}, t, memory.format_tag.nhwc);
  }

  private static memory.desc matrix(long rows, long columns, boolean transposed) {
    return transposed
        ? columnMajor(rows, columns, memory.data_type.f32)
        : rowMajor(rows, columns, memory.data_type.f32);
  }

  private memory memoryOf(memory.desc desc) {
    return new memory(desc, cpu, new Address(0));
  }

  private static void set(memory m, Memory at) {
    m.set_data_handle(new Address(((HostMemory) at).address()));
  }

  static HostMemory atLeast(HostMemory memory, long bytes) {
    if (memory.bytes() >= bytes) {
      return memory;
    }
    memory.close();
    return HostMemory.allocate(bytes);
  }

  private Conv conv(Pass pass, ConvShape shape, DType storage) {
    return convs.computeIfAbsent(new ConvKey(pass, shape, storage), Conv::new);
  }

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    if (windows != null && WindowConv.suits(shape, storage, false)) {
      windows.forward(shape, storage, x, w, y);
    } else if (spikes == null
        || storage != DType.F32
        || !SpikeConv.suits(shape)
        || !spikes.forward(shape, x, w, y)) {
      conv(Pass.FORWARD, shape, storage).run(x, w, y);
    }
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
    if (windows != null && WindowConv.suits(shape, storage, false)) {
      windows.backwardData(shape, storage, gradY, w, gradX);
    } else {
      conv(Pass.BACKWARD_DATA, shape, storage).run(gradX, w, gradY);
    }
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    if (windows != null && WindowConv.suits(shape, storage, true)) {
      windows.backwardWeights(shape, storage, x, gradY, gradW);
    } else {
      conv(Pass.BACKWARD_WEIGHTS, shape, storage).run(x, gradW, gradY);
    }
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
    if (windows != null) {
      windows.close();
    }
    if (spikes != null) {
      spikes.close();
    }
    scratch.close();
    reordered.close();
  }
}
