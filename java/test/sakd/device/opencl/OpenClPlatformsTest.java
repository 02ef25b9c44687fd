package sakd.device.opencl;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import org.junit.jupiter.api.Test;

class OpenClPlatformsTest {
  /** They are named by their version here, which the class path has to have. */
  @Test
  void joclsPartsAreOnTheClassPath() {
    assertDoesNotThrow(OpenClPlatforms::unpack);
  }
}
