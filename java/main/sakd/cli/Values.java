package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;
import sakd.base.EditDistance;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.bench.Bench;
import sakd.data.event.FrameSplit;
import sakd.data.image.AutoAugment;
import sakd.data.set.Sensor;
import sakd.distill.Method;
import sakd.io.FileNames;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.ops.Distance;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.train.DistBn;
import sakd.train.TrainSettings;

/**
 * Reads the values of flags, and checks their ranges, so that every message says what was expected;
 * {@link Suggestions} puts the flag and what was given in front of it.
 */
final class Values {
  private Values() {}

  /** Makes a command line and its subcommands read choices and numbers this way. */
  static void register(CommandLine line) {
    choice(line, Method.class);
    choice(line, TrainSettings.Algorithm.class);
    choice(line, DistBn.class);
    choice(line, ScheduleOptions.Kind.class);
    choice(line, ModelOptions.Connect.class);
    choice(line, ModelOptions.HeadKind.class);
    choice(line, NetworkSpec.Stem.class);
    choice(line, ResNetSpec.Shortcut.class);
    choice(line, NeuronOptions.Kind.class);
    choice(line, Neuron.Surrogate.class);
    choice(line, Distance.class);
    choice(line, Encoding.class);
    choice(line, FurtherLossOptions.Direction.class);
    choice(line, DeviceOptions.Amp.class);
    choice(line, ScaleOptions.Sums.class);
    choice(line, Bench.Part.class);
    choice(line, FrameSplit.class);
    choice(line, AutoAugment.Policy.class);
    choice(line, ExportFormat.class);
    choice(line, ResultFormat.class);
    line.registerConverter(
        Boolean.class,
        text -> {
          if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
            throw new TypeConversionException("expected true or false, give one of them");
          }
          return Boolean.valueOf(text);
        });
    line.registerConverter(
        Sensor.class,
        text -> {
          try {
            return Sensor.parse(text);
          } catch (IllegalArgumentException e) {
            throw new TypeConversionException(
                "expected rows and columns of 1 to "
                    + Sensor.MAX_SIDE
                    + " such as 128x128, give"
                    + " those of the camera");
          }
        });
    pathsFrom(Path.of(""), line);
    number(line, int.class, Integer.class, Integer::parseInt, "a whole number");
    number(line, long.class, Long.class, Long::parseLong, "a whole number");
    number(line, float.class, Float.class, Values::finiteFloat, "a finite number");
    number(line, double.class, Double.class, Values::finiteDouble, "a finite number");
  }

  /** Makes a command line read relative paths as from a folder; empty is the current one. */
  static void pathsFrom(Path folder, CommandLine line) {
    line.registerConverter(Path.class, text -> folder.resolve(FileNames.path(text)));
    line.registerConverter(
        TeacherSource.class, text -> TeacherSource.of(text, folder.resolve(FileNames.path(text))));
  }

  /** The nearest constant is named, in any case, as flags are written in lower case. */
  private static <E extends Enum<E>> void choice(CommandLine line, Class<E> type) {
    List<String> names = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      names.add(constant.name().toLowerCase(Locale.ROOT));
    }
    line.registerConverter(
        type,
        text -> {
          int index = names.indexOf(text.toLowerCase(Locale.ROOT));
          if (index < 0) {
            throw new TypeConversionException(
                "expected one of "
                    + String.join(", ", names)
                    + ", did you mean "
                    + EditDistance.nearest(text.toLowerCase(Locale.ROOT), names)
                    + "?");
          }
          return type.getEnumConstants()[index];
        });
  }

  private static <N> void number(
      CommandLine line,
      Class<N> primitive,
      Class<N> boxed,
      Function<String, N> parse,
      String kind) {
    ITypeConverter<N> converter =
        text -> {
          try {
            return parse.apply(text);
          } catch (NumberFormatException e) {
            TypeConversionException named =
                new TypeConversionException("expected " + kind + ", give such a number");
            named.initCause(e);
            throw named;
          }
        };
    line.registerConverter(primitive, converter);
    line.registerConverter(boxed, converter);
  }

  /** A choice as it is typed. */
  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** NaN and infinity are words that the parser of the language takes for numbers. */
  static float finiteFloat(String text) {
    float value = Float.parseFloat(text);
    if (!Float.isFinite(value)) {
      throw new NumberFormatException(text);
    }
    return value;
  }

  private static double finiteDouble(String text) {
    double value = Double.parseDouble(text);
    if (!Double.isFinite(value)) {
      throw new NumberFormatException(text);
    }
    return value;
  }

  /** The value, if it is {@code least} or more. */
  static int atLeast(int least, String flag, int value) {
    require(value >= least, flag, value, least + " or more");
    return value;
  }

  /** The value, if it is 0 or more. */
  static float notNegative(String flag, float value) {
    require(value >= 0, flag, value, "0 or more");
    return value;
  }

  /** The value, if it is greater than 0. */
  static double positive(String flag, double value) {
    require(value > 0, flag, value, "more than 0");
    return value;
  }

  /** The value, if it is in [0, 1). */
  static float share(String flag, float value) {
    require(value >= 0 && value < 1, flag, value, "0 or more and less than 1");
    return value;
  }

  /** A number as people write it. */
  static String written(Object value) {
    if (value instanceof Float f) {
      return Numbers.plain(f);
    }
    return value instanceof Double d ? Numbers.plain(d) : value.toString();
  }

  /** Refuses a value that is not in the range that {@code expected} describes. */
  static void require(boolean holds, String flag, Object value, String expected) {
    if (!holds) {
      throw new UserError(
          flag + " is " + written(value) + "; expected " + expected + ", give such a number");
    }
  }
}
