package sakd.ops;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.base.UserError;
import sakd.device.CompilerStopped;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;

/**
 * Whether the functions of a user's neuron are what they say they are: computed by {@code
 * kernels/neuron_functions.cu} on the device that will run them, their derivatives are compared
 * with differences to both sides. A spike is a step, so its surrogate has nothing to be compared
 * with: it has to be finite, not negative and not above {@value #MOST_SLOPE}.
 */
final class NeuronCheck {
  /** Values of each variable; odd numbers of steps keep off round values, where there are kinks. */
  private static final int VALUES = 24;

  private static final int POINTS = VALUES * VALUES;

  /** A power of two, so that a value and its neighbours are exact in float32. */
  private static final float STEP = 1f / 128;

  /** How far a derivative may lie outside the two differences, of its own size and at least so. */
  private static final double TOLERANCE = 2e-3;

  /** Units in the last place that a function's values may be off by. */
  private static final double ROUNDING = 8 * Math.ulp(1f);

  private static final float MOST_SLOPE = 1e6f;

  /** Order of the results of {@code kernels/neuron_functions.cu}. */
  private enum Function {
    CHARGE,
    CHARGE_DV,
    CHARGE_DX,
    FIRE,
    FIRE_DH,
    RESET,
    RESET_DH,
    RESET_DS;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The functions at pairs of values, [function][pair]. */
  private record Values(float[] a, float[] b, float[][] of) {
    float at(Function f, int i) {
      return of[f.ordinal()][i];
    }
  }

  private final Ops ops;
  private final Neuron neuron;
  private final Kernel kernel;
  private final int lanes;

  private NeuronCheck(Ops ops, Launcher launcher, Neuron neuron) {
    this.ops = ops;
    this.neuron = neuron;
    lanes = launcher.lanes(POINTS, DType.F32, 1);
    kernel = compiled();
  }

  /** As {@link NeuronOps#checkNeuron}. */
  static void run(Ops ops, Launcher launcher, Neuron neuron) {
    NeuronCheck check = new NeuronCheck(ops, launcher, neuron);
    check.charge();
    check.spikes();
    check.reset();
  }

  private Kernel compiled() {
    Map<String, Integer> defines = new TreeMap<>(KernelSpec.defines(DType.F32, lanes));
    defines.put("LEAK", 0);
    defines.put("HARD_RESET", neuron.hardReset() ? 1 : 0);
    defines.put("DECAY_INPUT", neuron.decayInput() ? 1 : 0);
    defines.put("DETACH_RESET", neuron.detachReset() ? 1 : 0);
    defines.put("SURROGATE", neuron.surrogate().ordinal());
    defines.put("CUSTOM", 1);
    KernelSpec spec =
        KernelSpec.of("neuron_functions.cu", "neuron_functions", defines, neuron.file());
    try {
      return ops.device().kernel(spec);
    } catch (CompilerStopped e) {
      throw e;
    } catch (UserError e) {
      throw new UserError(
          neuron.label()
              + " does not compile: "
              + complaint(e.getMessage())
              + "; expected the eight functions that kernels/neuron_dynamics.h lists, correct the"
              + " file",
          e);
    }
  }

  /** The first line of a compiler's words that is about the user's file, or else about an error. */
  private String complaint(String log) {
    Matcher own = Pattern.compile(Pattern.quote(neuron.label()) + "[:(]\\d.*").matcher(log);
    if (own.find()) {
      return own.group().strip();
    }
    Matcher error = Pattern.compile(".*\\berror\\b.*").matcher(log);
    return (error.find() ? error.group() : log).strip();
  }

  private float start() {
    return neuron.vStart();
  }

  /** The distance from the start to the threshold, by which values are measured. */
  private float unit() {
    return neuron.vThreshold() - start();
  }

  /** VALUES values from start + first to start + last units, multiples of the step and a half. */
  private float value(int i, double first, double last) {
    double v = start() + unit() * (first + (last - first) * i / (VALUES - 1));
    return (float) (Math.floor(v / STEP) + 0.5) * STEP;
  }

  private interface Pair {
    float of(int i);
  }

  private Values values(Pair first, Pair second) {
    float[] a = new float[POINTS];
    float[] b = new float[POINTS];
    for (int i = 0; i < POINTS; i++) {
      a[i] = first.of(i);
      b[i] = second.of(i);
    }
    Function[] functions = Function.values();
    float[][] of = new float[functions.length][];
    try (Tensor ta = Transfers.vector(ops, a);
        Tensor tb = Transfers.vector(ops, b);
        Tensor out = ops.allocate(DType.F32, functions.length, POINTS)) {
      int items = POINTS / lanes;
      kernel.launch(
          items,
          ta.memory(),
          tb.memory(),
          out.memory(),
          neuron.leak(),
          neuron.vThreshold(),
          neuron.vStart(),
          neuron.alpha(),
          (long) items);
      float[] all = Transfers.floats(ops.device(), out);
      for (int f = 0; f < of.length; f++) {
        of[f] = Arrays.copyOfRange(all, f * POINTS, (f + 1) * POINTS);
      }
    }
    return new Values(a, b, of);
  }

  private void charge() {
    // A neuron at its threshold has fired: v stays below.
    Pair v = i -> value(i % VALUES, -2, 0.98);
    Pair x = i -> value(i / VALUES, -2, 2) - start();
    Values at = values(v, x);
    String[] names = {"v", "x"};
    require(Function.CHARGE, at, names);
    compare(
        Function.CHARGE,
        Function.CHARGE_DV,
        names,
        at,
        values(i -> v.of(i) - STEP, x),
        values(i -> v.of(i) + STEP, x));
    compare(
        Function.CHARGE,
        Function.CHARGE_DX,
        names,
        at,
        values(v, i -> x.of(i) - STEP),
        values(v, i -> x.of(i) + STEP));
  }

  private Pair potentials() {
    return i -> start() + unit() * (-3 + 6f * (i + 0.5f) / POINTS);
  }

  private void spikes() {
    Values at = values(potentials(), i -> 0);
    for (int i = 0; i < POINTS; i++) {
      float s = at.at(Function.FIRE, i);
      if (s != 0 && s != 1) {
        throw refused(Function.FIRE + " is " + s + " at h = " + at.a[i] + "; expected 0 or 1");
      }
      float slope = at.at(Function.FIRE_DH, i);
      if (!(slope >= 0 && slope <= MOST_SLOPE)) {
        throw refused(
            Function.FIRE_DH
                + " is "
                + slope
                + " at h = "
                + at.a[i]
                + "; expected a number from 0 to "
                + MOST_SLOPE);
      }
    }
  }

  private void reset() {
    Pair h = potentials();
    String[] names = {"h", "s"};
    Values[] at = {values(h, i -> 0), values(h, i -> 1)};
    for (int s = 0; s < 2; s++) {
      float spike = s;
      require(Function.RESET, at[s], names);
      compare(
          Function.RESET,
          Function.RESET_DH,
          names,
          at[s],
          values(i -> h.of(i) - STEP, i -> spike),
          values(i -> h.of(i) + STEP, i -> spike));
      for (int i = 0; i < POINTS; i++) {
        double jump = (double) at[1].at(Function.RESET, i) - at[0].at(Function.RESET, i);
        double size = Math.abs(at[1].at(Function.RESET, i)) + Math.abs(at[0].at(Function.RESET, i));
        compare(Function.RESET_DS, names, at[s], i, jump, jump, size * ROUNDING);
      }
    }
  }

  /** Refuses values that are not finite. */
  private void require(Function function, Values at, String... names) {
    for (int i = 0; i < POINTS; i++) {
      if (!Float.isFinite(at.at(function, i))) {
        throw refused(
            function + " is " + at.at(function, i) + where(at, i, names) + "; expected a number");
      }
    }
  }

  private static String where(Values at, int i, String... names) {
    return " at " + names[0] + " = " + at.a[i] + " and " + names[1] + " = " + at.b[i];
  }

  /**
   * At a kink the differences to the two sides differ, and the derivative may be anything between.
   */
  private void compare(
      Function function,
      Function derivative,
      String[] names,
      Values at,
      Values before,
      Values after) {
    for (int i = 0; i < POINTS; i++) {
      double here = at.at(function, i);
      // Of the values as rounded to float32.
      double left = ((double) at.a[i] - before.a[i]) + ((double) at.b[i] - before.b[i]);
      double right = ((double) after.a[i] - at.a[i]) + ((double) after.b[i] - at.b[i]);
      double size = Math.max(Math.abs(here), Math.max(Math.abs(at.a[i]), Math.abs(at.b[i])));
      compare(
          derivative,
          names,
          at,
          i,
          (here - before.at(function, i)) / left,
          (after.at(function, i) - here) / right,
          size * ROUNDING / STEP);
    }
  }

  private void compare(
      Function derivative,
      String[] names,
      Values at,
      int i,
      double left,
      double right,
      double rounding) {
    double given = at.at(derivative, i);
    double slack = TOLERANCE * Math.max(1, Math.max(Math.abs(left), Math.abs(right))) + rounding;
    if (!(given >= Math.min(left, right) - slack && given <= Math.max(left, right) + slack)) {
      throw refused(
          String.format(
              Locale.ROOT,
              "%s is %.5g%s, where differences say %.5g",
              derivative,
              given,
              where(at, i, names),
              (left + right) / 2));
    }
  }

  private UserError refused(String what) {
    return new UserError(neuron.label() + ": " + what + "; correct the file");
  }
}
