package sakd.device;

/**
 * The 16-bit storage types as bits: IEEE binary16 (1 sign, 5 exponent, 10 fraction bits) and
 * bfloat16 (the upper half of a float32). Conversions from float32 round to nearest even; a NaN
 * stays a (quiet) NaN.
 */
public final class Half {
  private Half() {}

  /** The value of a binary16. */
  public static float toFloat(short half) {
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    int sign = (half & 0x8000) << 16;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude));
    }
    int wide = exponent == 0x1f ? 0xff : exponent + 112;
    return Float.intBitsToFloat(sign | (wide << 23) | (fraction << 13));
  }

  /** The nearest binary16; from 65520 on that is infinity. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      // Below 2^-14 halves are multiples of 2^-24. Added to 1/2, whose float32 neighbours lie 2^-24
      // apart, the value is rounded to one of them by the processor, to nearest even.
      float rounded = Float.intBitsToFloat(magnitude) + 0.5f;
      return (short) (sign | (Float.floatToRawIntBits(rounded) - Float.floatToRawIntBits(0.5f)));
    }
    int rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
    return (short) (sign | ((rounded >> 13) - (112 << 10)));
  }

  /** The value of a bfloat16. */
  public static float bfloat16ToFloat(short bfloat16) {
    return Float.intBitsToFloat(bfloat16 << 16);
  }

  /** The nearest bfloat16. */
  public static short bfloat16FromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }
}
