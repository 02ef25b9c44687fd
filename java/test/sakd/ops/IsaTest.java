package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import sakd.device.cpu.CpuDevice;
import sakd.testing.JavaProcess;

/** The processor with fewer instructions than it has, as an older one would be. */
class IsaTest {
  /** Convolutions in a process whose environment limits the instructions. */
  static final class Convolutions {
    public static void main(String[] args) {
      try (Ops ops = Backend.open("cpu")) {
        System.out.println(ops.device().description());
        MatrixContractTest contract = new MatrixContractTest();
        contract.convolution(ops);
        contract.convolutionOfSpikes(ops);
        contract.gemm(ops);
      }
    }
  }

  @Test
  void convolutionsAreRightWithoutAvx512() throws Exception {
    assumeTrue(CpuDevice.hasCompiler(), "no C++ compiler");
    assumeTrue(CpuDevice.processor().contains("AVX512"), "this processor has no more than AVX2");
    assertTrue(described("avx2").contains(", AVX2 (ONEDNN_MAX_CPU_ISA)"));
  }

  private static String described(String limit) throws IOException, InterruptedException {
    ProcessBuilder program =
        new ProcessBuilder(JavaProcess.command(Convolutions.class, "-XX:+UseSerialGC"));
    program.environment().put("ONEDNN_MAX_CPU_ISA", limit);
    return JavaProcess.output(program);
  }
}
