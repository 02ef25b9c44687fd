package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireDecay;

import sakd.device.DType;

/** Steps of an optimizer, by {@code optimizer.cu}: sizes and launches. */
interface OptimizerKernels extends OptimizerOps, KernelFacet {
  @Override
  default void beginStep(
      Tensor squares,
      Tensor schedule,
      Tensor scaling,
      float maxNorm,
      float beta1,
      float beta2,
      int growthInterval) {
    require(
        floats(squares, 1) && floats(schedule, 6) && floats(scaling, 2),
        squares,
        schedule,
        scaling);
    launcher()
        .kernel("optimizer.cu", "begin_step", DType.F32, 1)
        .launch(
            1,
            squares.memory(),
            schedule.memory(),
            scaling.memory(),
            maxNorm,
            beta1,
            beta2,
            growthInterval);
  }

  @Override
  default void sgd(
      Tensor w,
      Tensor grad,
      Tensor momentumBuffer,
      Tensor schedule,
      Tensor weightDecay,
      float momentum,
      boolean nesterov) {
    require(
        w.size() == grad.size() && w.size() == momentumBuffer.size() && floats(schedule, 6),
        w,
        grad,
        momentumBuffer,
        schedule);
    requireDecay(w, weightDecay);
    launcher()
        .flat(
            "optimizer.cu",
            "sgd",
            DType.F32,
            w.size(),
            w.memory(),
            grad.memory(),
            momentumBuffer.memory(),
            schedule.memory(),
            weightDecay.memory(),
            itemsPerDecay(w, weightDecay),
            momentum,
            nesterov ? 1 : 0);
  }

  @Override
  default void adamw(
      Tensor w,
      Tensor grad,
      Tensor m,
      Tensor v,
      Tensor schedule,
      Tensor weightDecay,
      float beta1,
      float beta2,
      float eps) {
    require(
        w.size() == grad.size()
            && w.size() == m.size()
            && w.size() == v.size()
            && floats(schedule, 6),
        w,
        grad,
        m,
        v,
        schedule);
    requireDecay(w, weightDecay);
    launcher()
        .flat(
            "optimizer.cu",
            "adamw",
            DType.F32,
            w.size(),
            w.memory(),
            grad.memory(),
            m.memory(),
            v.memory(),
            schedule.memory(),
            weightDecay.memory(),
            itemsPerDecay(w, weightDecay),
            beta1,
            beta2,
            eps);
  }

  private long itemsPerDecay(Tensor w, Tensor weightDecay) {
    return w.size() / weightDecay.size() / launcher().lanes(w.size(), DType.F32, 1);
  }

  @Override
  default void ema(Tensor w, Tensor average, Tensor schedule, float decay) {
    require(w.size() == average.size() && floats(schedule, 6), w, average, schedule);
    launcher()
        .flat(
            "optimizer.cu",
            "ema",
            DType.F32,
            w.size(),
            w.memory(),
            average.memory(),
            schedule.memory(),
            decay);
  }

  @Override
  default void sumSquares(Tensor x, Tensor out) {
    require(x.type() == DType.F32 && out.size() == 1, x, out);
    reductions().sumSquares(x, out);
  }
}
