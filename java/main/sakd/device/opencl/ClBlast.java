package sakd.device.opencl;

import org.jocl.CLException;
import org.jocl.blast.CLBlast;
import org.jocl.blast.CLBlastLayout;
import org.jocl.blast.CLBlastStatusCode;
import org.jocl.blast.CLBlastTranspose;
import sakd.base.UserError;
import sakd.device.Memory;

/** Matrix products by CLBlast, float32. */
final class ClBlast implements AutoCloseable {
  static final String NAME = "CLBlast 1.5.2";

  /** Part of a memory as a float32 matrix from {@code start}, in elements. */
  record Matrix(Memory memory, long start) {
    static Matrix whole(Memory memory) {
      return new Matrix(memory, 0);
    }
  }

  private final OpenClDevice device;

  /**
   * Loads CLBlast for the device.
   *
   * @throws UserError if it has no version for this system
   */
  ClBlast(OpenClDevice device) {
    this.device = device;
    try {
      CLBlast.setExceptionsEnabled(true);
    } catch (LinkageError e) {
      throw new UserError(
          "CLBlast cannot be loaded on this system, so "
              + device.name()
              + " has no matrix products; choose another --device ("
              + e.getMessage()
              + ")",
          e);
    }
    if (device.info().isCpu()) {
      ClBlastTuning.forProcessor(device.id());
    }
  }

  /** As {@link sakd.device.MatrixLibrary#gemm}. */
  void product(
      boolean transposeA,
      boolean transposeB,
      long m,
      long n,
      long k,
      Matrix a,
      Matrix b,
      float beta,
      Matrix c) {
    ClMemory left = checked(a, m * k);
    ClMemory right = checked(b, k * n);
    ClMemory result = checked(c, m * n);
    String what = "matrix product of " + m + " x " + k + " by " + k + " x " + n;
    try {
      int status =
          CLBlast.CLBlastSgemm(
              CLBlastLayout.CLBlastLayoutRowMajor,
              transpose(transposeA),
              transpose(transposeB),
              m,
              n,
              k,
              1.0f,
              left.buffer(),
              left.offset() / Float.BYTES + a.start,
              transposeA ? m : k,
              right.buffer(),
              right.offset() / Float.BYTES + b.start,
              transposeB ? k : n,
              beta,
              result.buffer(),
              result.offset() / Float.BYTES + c.start,
              n,
              device.queue(),
              null);
      if (status != CLBlastStatusCode.CLBlastSuccess) {
        throw new CLException(CLBlastStatusCode.stringFor(status), status);
      }
    } catch (CLException e) {
      throw ClErrors.failure(what + " by CLBlast", e);
    }
  }

  private ClMemory checked(Matrix matrix, long elements) {
    if ((matrix.start + elements) * Float.BYTES > matrix.memory.bytes()) {
      throw new IllegalArgumentException(
          "a matrix of "
              + elements
              + " floats does not fit memory of "
              + matrix.memory.bytes()
              + " bytes");
    }
    return device.own(matrix.memory);
  }

  private static int transpose(boolean yes) {
    return yes ? CLBlastTranspose.CLBlastTransposeYes : CLBlastTranspose.CLBlastTransposeNo;
  }

  @Override
  public void close() {
    // CLBlast keeps programs by the address of their context, which a later device may get again.
    CLBlast.CLBlastClearCache();
  }
}
