package sakd.device.opencl;

import org.jocl.CLException;
import org.jocl.blast.CLBlast;
import org.jocl.blast.CLBlastPrecision;
import org.jocl.cl_device_id;

/**
 * Parameters of CLBlast's matrix product for processors. It knows most GPUs by name; for an unknown
 * processor its guess is slower than one item to a tile of 16 x 8 in vector registers: by 1.4 to 3
 * times on most shapes, with PoCL 3.1 on two cores with AVX-512.
 */
final class ClBlastTuning {
  private static final String[] NAMES = {
    "GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB", "NDIMC", "NWG", "SA", "SB",
    "STRM", "STRN", "VWM", "VWN"
  };
  private static final long[] PROCESSOR = {0, 1, 32, 2, 1, 1, 16, 1, 1, 8, 0, 0, 0, 0, 8, 8};

  private ClBlastTuning() {}

  static void forProcessor(cl_device_id device) {
    try {
      CLBlast.CLBlastOverrideParameters(
          device, "Xgemm", CLBlastPrecision.CLBlastPrecisionSingle, NAMES.length, NAMES, PROCESSOR);
    } catch (CLException e) {
      throw ClErrors.failure("setting CLBlast's parameters", e);
    }
  }
}
