package sakd.device.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which instructions may be used: those of this processor, up to the set that oneDNN's own variable
 * {@value #VARIABLE} names, if it is set. It then holds for everything that computes here.
 */
final class Isa {
  static final String VARIABLE = "ONEDNN_MAX_CPU_ISA";

  /** Sets that the variable can name, from the least: what our kernels tell apart. */
  private enum Limit {
    AVX2(List.of("-mno-avx512f"), "avx512", "amx", "avx_vnni"),
    AVX512_CORE(List.of("-mno-avx512bf16", "-mno-avx512vnni"), "avx512_bf16", "avx512_fp16", "amx"),
    AVX512_CORE_BF16(List.of(), "avx512_fp16", "amx"),
    NONE(List.of());

    private final List<String> options;
    private final List<String> without;

    Limit(List<String> options, String... without) {
      this.options = options;
      this.without = Arrays.asList(without);
    }
  }

  private static final Limit LIMIT = limit(System.getenv(VARIABLE));
  private static final Set<String> FLAGS = flags();

  private Isa() {}

  /** Names that oneDNN does not know limit nothing there, and so not here. */
  private static Limit limit(String named) {
    String name = named == null ? "" : named.strip().toUpperCase(Locale.ROOT);
    return switch (name) {
      case "SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2" -> Limit.AVX2;
      case "AVX512_CORE", "AVX512_CORE_VNNI" -> Limit.AVX512_CORE;
      case "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512", "AVX10_2_512" ->
          Limit.AVX512_CORE_BF16;
      default -> Limit.NONE;
    };
  }

  private static Set<String> flags() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(l -> l.startsWith("flags"))
          .flatMap(l -> Arrays.stream(l.split("\\s+")))
          .filter(flag -> LIMIT.without.stream().noneMatch(flag::startsWith))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      // Not Linux: nothing is known of the processor.
      return Set.of();
    }
  }

  /** Whether the processor has what Linux calls so, and it may be used. */
  static boolean has(String flag) {
    return FLAGS.contains(flag);
  }

  /** Whether it multiplies bfloat16 matrices in tiles (AMX). */
  static boolean hasAmx() {
    return has("amx_bf16");
  }

  /** Whether it multiplies bfloat16 numbers faster than float32 ones. */
  static boolean hasBf16() {
    return has("avx512_bf16") || hasAmx();
  }

  /** Numbers in a vector of float32. */
  static int lanes() {
    return has("avx512f") ? 16 : 8;
  }

  /** What a compiler is told beside -march=native. */
  static List<String> compilerOptions() {
    return LIMIT.options;
  }

  /** Names what speeds up our arithmetic most. */
  static String name() {
    String name =
        hasAmx()
            ? "AMX bf16"
            : has("avx512_bf16")
                ? "AVX512 bf16"
                : has("avx512f") ? "AVX512" : has("avx2") ? "AVX2" : "";
    return LIMIT == Limit.NONE ? name : name + " (" + VARIABLE + ")";
  }
}
