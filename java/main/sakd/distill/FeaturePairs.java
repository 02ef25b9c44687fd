package sakd.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import sakd.model.Network;
import sakd.model.OutputShapes;

/**
 * Which of the student's feature maps is compared with which of the teacher's: of one architecture
 * each with its own, of two those that have as many rows and columns.
 *
 * @param stages those of stages, in order
 * @param pyramid those of the levels of detectors' pyramids, in order
 */
public record FeaturePairs(List<Pair> stages, List<Pair> pyramid) {
  /**
   * Two maps of one size.
   *
   * @param student which of the student's, from 0
   * @param teacher which of the teacher's, from 0
   * @param channels of the student's
   * @param goalChannels of the teacher's
   */
  public record Pair(int student, int teacher, int channels, int goalChannels) {}

  /** No map is compared. */
  static final FeaturePairs NONE = new FeaturePairs(List.of(), List.of());

  public FeaturePairs {
    stages = List.copyOf(stages);
    pyramid = List.copyOf(pyramid);
  }

  /** Of a teacher of the student's architecture. */
  static FeaturePairs ofItself(Network student) {
    return new FeaturePairs(each(student.stageChannels()), each(student.pyramidChannels()));
  }

  private static List<Pair> each(List<Integer> channels) {
    return IntStream.range(0, channels.size())
        .mapToObj(i -> new Pair(i, i, channels.get(i), channels.get(i)))
        .toList();
  }

  /**
   * Of two architectures. Where several maps of a network have one size, as with dilation, the last
   * is compared with the last, the one before with the one before.
   */
  static FeaturePairs of(OutputShapes student, OutputShapes teacher) {
    return new FeaturePairs(
        bySize(student.stages(), teacher.stages()), bySize(student.pyramid(), teacher.pyramid()));
  }

  private static List<Pair> bySize(List<OutputShapes.Map> student, List<OutputShapes.Map> teacher) {
    List<Pair> pairs = new ArrayList<>();
    int last = teacher.size();
    for (int s = student.size() - 1; s >= 0; s--) {
      OutputShapes.Map own = student.get(s);
      int t = last - 1;
      while (t >= 0 && !own.covers(teacher.get(t))) {
        t--;
      }
      if (t >= 0) {
        pairs.add(0, new Pair(s, t, own.channels(), teacher.get(t).channels()));
        last = t;
      }
    }
    return pairs;
  }
}
