package sakd.device.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.dnnl.reorder;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Memory;

/** One convolution pass of one shape: the primitive, its memory objects and weights' reorder. */
final class DnnConv {
  enum Pass {
    FORWARD,
    BACKWARD_DATA,
    BACKWARD_WEIGHTS
  }

  record Key(Pass pass, ConvShape shape, DType storage) {}

  private final OneDnn dnn;
  private final Pass pass;
  private final primitive run;
  private final memory x;
  private final memory y;
  private final memory w;
  private final memory wInner;
  private final memory pad;
  private final reorder order;
  private final IntMemoryMap arguments = new IntMemoryMap();

  DnnConv(OneDnn dnn, Key key) {
    this(dnn, key, OneDnn.type(key.storage), false);
  }

  /** y has its own type; {@code add} adds to it. */
  DnnConv(OneDnn dnn, Key key, memory.data_type yType, boolean add) {
    this.dnn = dnn;
    pass = key.pass;
    ConvShape s = key.shape;
    memory.data_type t = OneDnn.type(key.storage);
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
            dnn.engine(),
            dnnl.prop_kind.forward_training,
            dnnl.algorithm.convolution_direct,
            xDesc,
            pass == Pass.BACKWARD_WEIGHTS ? new memory.desc(wDims, t, memory.format_tag.any) : wAny,
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
                dnn.engine(),
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
                dnn.engine(),
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
    dnn.reserve(desc.scratchpad_desc(), inner);
    x = dnn.memoryOf(xDesc);
    y = dnn.memoryOf(yDesc);
    w = dnn.memoryOf(wOuter);
    wInner = dnn.memoryOf(inner);
    pad = dnn.memoryOf(desc.scratchpad_desc());
    order =
        pass == Pass.BACKWARD_WEIGHTS
            ? new reorder(new reorder.primitive_desc(dnn.engine(), inner, dnn.engine(), wOuter))
            : new reorder(new reorder.primitive_desc(dnn.engine(), wOuter, dnn.engine(), inner));
    arguments.put(pass == Pass.BACKWARD_DATA ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, x);
    arguments.put(pass == Pass.FORWARD ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, y);
    arguments.put(pass == Pass.BACKWARD_WEIGHTS ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, wInner);
    arguments.put(DNNL_ARG_SCRATCHPAD, pad);
  }

  void run(Memory xAt, Memory wAt, Memory yAt) {
    OneDnn.set(x, xAt);
    OneDnn.set(w, wAt);
    OneDnn.set(y, yAt);
    dnn.setScratch(pad);
    dnn.setReordered(wInner);
    if (pass != Pass.BACKWARD_WEIGHTS) {
      order.execute(dnn.queue(), w, wInner);
    }
    run.execute(dnn.queue(), arguments);
    if (pass == Pass.BACKWARD_WEIGHTS) {
      order.execute(dnn.queue(), wInner, w);
    }
  }

  private static memory.desc image(long n, long c, long h, long w, memory.data_type t) {
    return new memory.desc(new long[] {n, c, h, w}, t, memory.format_tag.nhwc);
  }
}
