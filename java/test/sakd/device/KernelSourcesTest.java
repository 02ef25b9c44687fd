package sakd.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KernelSourcesTest {
  @Test
  void includesAreInlinedOnce() {
    String text = KernelSources.load("neuron.cu");
    assertFalse(text.contains("#include \""), "an include is left");
    assertFalse(text.contains("#pragma once"), "a pragma once is left");
    assertEquals(2, text.split("#define STORAGE_BFLOAT16", -1).length, "portable.h is there once");
    assertTrue(text.contains("#line 1 \"portable_opencl.h\"\n"), "the files are named");
    assertTrue(text.contains("KERNEL(neuron_forward"), "the kernel is there");
  }

  @Test
  void anIncludeIsLookedForBesideTheFileThatNamesIt() {
    String text = KernelSources.load("cuda/loss.cu");
    assertTrue(text.contains("#line 1 \"cuda/group.h\"\n"), "in its folder");
    assertTrue(text.contains("#line 1 \"loss.cu\"\n"), "one up");
    assertEquals(2, text.split("#line 1 \"portable.h\"", -1).length, "by two ways, once");
  }

  @Test
  void aMissingFileIsNamed() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> KernelSources.load("missing.cu"));
    assertEquals("no kernel file kernels/missing.cu on the class path", e.getMessage());
  }

  @Test
  void theHashTellsPartsApart() {
    assertEquals(64, KernelSources.sha256("a").length());
    assertEquals(KernelSources.sha256("a", "b"), KernelSources.sha256("a", "b"));
    assertNotEquals(KernelSources.sha256("ab", "c"), KernelSources.sha256("a", "bc"));
  }
}
