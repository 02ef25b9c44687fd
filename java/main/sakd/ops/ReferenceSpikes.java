package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;

import sakd.device.cpu.Elements;

/** Packs spikes, and sums of spikes, and unpacks them; bit k of a byte is channel k of eight. */
final class ReferenceSpikes {
  private ReferenceSpikes() {}

  /** Channels that share a byte as bits: the largest power of two up to 8 that divides them. */
  static int lanes(Tensor full) {
    return Math.min(8, Integer.lowestOneBit(full.channels()));
  }

  /** packed = the elements of full. */
  static void pack(Tensor full, Tensor packed) {
    int perByte = perByte(full, packed);
    RowBlocks.forEach(
        full.rows(),
        full.channels(),
        (first, count) -> {
          int channels = full.channels();
          double[] values = read(full, first * channels, count * channels);
          byte[] bytes = new byte[values.length / perByte];
          for (int i = 0; i < values.length; i++) {
            bytes[i / perByte] |= (byte) ((int) values[i] << i % perByte);
          }
          Elements.writeBytes(packed.memory(), first * channels / perByte, bytes);
        });
  }

  /** full = what {@link #pack} packed. */
  static void unpack(Tensor packed, Tensor full) {
    int perByte = perByte(full, packed);
    int mask = perByte == 1 ? 0xff : 1;
    RowBlocks.forEach(
        full.rows(),
        full.channels(),
        (first, count) -> {
          int channels = full.channels();
          double[] values = new double[count * channels];
          byte[] bytes =
              Elements.readBytes(
                  packed.memory(), first * channels / perByte, values.length / perByte);
          for (int i = 0; i < values.length; i++) {
            values[i] = bytes[i / perByte] >> i % perByte & mask;
          }
          write(full, first * channels, values);
        });
  }

  private static int perByte(Tensor full, Tensor packed) {
    return PackedSpikes.areBits(packed, full, lanes(full)) ? lanes(full) : 1;
  }
}
