package sakd.data.set;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A place that holds samples sorted into classes, whose name is its {@code toString}. */
interface ClassSource<S> {
  /** The classes that have samples, in their order; cheaper than listing all samples. */
  List<String> classNames();

  /**
   * The samples of each class, in the order of the classes; one that has only a number may be
   * empty.
   */
  Map<String, List<S>> samples();

  /** The same with samples in another form. */
  default <T> ClassSource<T> map(Function<S, T> form) {
    ClassSource<S> source = this;
    return new ClassSource<>() {
      @Override
      public List<String> classNames() {
        return source.classNames();
      }

      @Override
      public Map<String, List<T>> samples() {
        Map<String, List<T>> mapped = new LinkedHashMap<>();
        source.samples().forEach((name, s) -> mapped.put(name, s.stream().map(form).toList()));
        return mapped;
      }

      @Override
      public String toString() {
        return source.toString();
      }
    };
  }
}
