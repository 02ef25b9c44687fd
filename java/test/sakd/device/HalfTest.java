package sakd.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfTest {
  private static final int NUMBERS = 1 << 16;

  @Test
  void everyHalfSurvivesFloat() {
    for (int bits = 0; bits < NUMBERS; bits++) {
      float value = Half.toFloat((short) bits);
      float bfloat = Half.bfloat16ToFloat((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(Half.toFloat(Half.fromFloat(value))));
      } else {
        assertEquals((short) bits, Half.fromFloat(value));
      }
      if (Float.isNaN(bfloat)) {
        assertTrue(Float.isNaN(Half.bfloat16ToFloat(Half.bfloat16FromFloat(bfloat))));
      } else {
        assertEquals((short) bits, Half.bfloat16FromFloat(bfloat));
      }
    }
  }

  /** Between neighbours: the middle goes to the even one, what is beside it to the nearer. */
  @Test
  void roundsToNearestEven() {
    for (int bits = 0; bits < 0x7bff; bits++) {
      float below = Half.toFloat((short) bits);
      float middle = below / 2 + Half.toFloat((short) (bits + 1)) / 2;
      assertEquals((short) (bits + (bits & 1)), Half.fromFloat(middle));
      assertEquals((short) bits, Half.fromFloat(Math.nextDown(middle)));
      assertEquals((short) (bits + 1), Half.fromFloat(Math.nextUp(middle)));
      assertEquals((short) (0x8000 | (bits + (bits & 1))), Half.fromFloat(-middle), "" + middle);
    }
    for (int bits = 0; bits < 0x7f7f; bits++) {
      float middle = Float.intBitsToFloat((bits << 16) | 0x8000);
      assertEquals((short) (bits + (bits & 1)), Half.bfloat16FromFloat(middle));
      assertEquals((short) bits, Half.bfloat16FromFloat(Math.nextDown(middle)));
      assertEquals((short) (bits + 1), Half.bfloat16FromFloat(Math.nextUp(middle)));
    }
  }

  @Test
  void knownValues() {
    assertEquals((short) 0x3c00, Half.fromFloat(1));
    assertEquals((short) 0xc000, Half.fromFloat(-2));
    assertEquals((short) 0x7bff, Half.fromFloat(65504));
    assertEquals((short) 0x7bff, Half.fromFloat(65519.996f));
    assertEquals((short) 0x7c00, Half.fromFloat(65520));
    assertEquals((short) 0xfc00, Half.fromFloat(Float.NEGATIVE_INFINITY));
    assertEquals((short) 0, Half.fromFloat(0x1p-25f));
    assertEquals((short) 0x8000, Half.fromFloat(-0f));
    assertEquals((short) 0x3f80, Half.bfloat16FromFloat(1));
    assertEquals((short) 0x7f80, Half.bfloat16FromFloat(Float.MAX_VALUE));
  }
}
