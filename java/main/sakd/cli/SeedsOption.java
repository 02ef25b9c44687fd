package sakd.cli;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.LongStream;
import picocli.CommandLine.Option;
import sakd.base.UserError;

/** With which seeds a command trains everything once. */
final class SeedsOption {
  @Option(
      names = "--seeds",
      paramLabel = "COUNT|N,N...",
      hideParamSyntax = true,
      split = ",",
      description =
          "Train everything once with each of so many seeds from 0 on, or with each of these, "
              + "teachers too, and print mean and standard deviation: 3, or 0,1,2.")
  private List<Long> given = List.of();

  /**
   * The seeds; empty if none are given.
   *
   * @param others what else is given
   */
  List<Long> seeds(List<String> others) {
    if (given.isEmpty()) {
      return given;
    }
    List<Long> seeds =
        given.size() == 1 ? LongStream.range(0, given.get(0)).boxed().toList() : given;
    if (seeds.size() < 2 || new LinkedHashSet<>(seeds).size() < seeds.size()) {
      throw new UserError(
          "--seeds is "
              + String.join(",", given.stream().map(s -> Long.toString(s)).toList())
              + "; expected how many, two or more, such as 3, or different ones with commas"
              + " between, such as 0,1,2, give them, or a single one by --seed");
    }
    if (Arguments.have(PlannedRuns.SEED, others)) {
      throw new UserError("--seed and --seeds are both given; expected one of them, leave one out");
    }
    return seeds;
  }
}
