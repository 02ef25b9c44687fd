package sakd.device.cpu;

import java.util.EnumSet;
import java.util.Set;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;

/**
 * The processor without kernels, for {@code ReferenceOps}: what every device is tested against, and
 * what is left where there is no C++ compiler.
 */
public final class ReferenceDevice extends HostDevice {
  private final String name;
  private final MatrixLibrary matrix;
  private final Set<DType> storage;

  /** The oracle: named {@code reference}, all storage types, matrix products in plain loops. */
  public ReferenceDevice() {
    this("reference", new ReferenceMatrix(), EnumSet.of(DType.F32, DType.F16, DType.BF16));
  }

  /** A device of that name with another matrix library, and the storage types that library has. */
  public ReferenceDevice(String name, MatrixLibrary matrix, Set<DType> storage) {
    this.name = name;
    this.matrix = matrix;
    this.storage = EnumSet.copyOf(storage);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return "plain Java in double precision; " + matrix.name();
  }

  @Override
  public boolean supports(DType type) {
    return storage.contains(type);
  }

  @Override
  public int preferredLanes(DType type, int steps) {
    return 1;
  }

  @Override
  public int preferredChunks(long rows, long columns, long bytes) {
    return 1;
  }

  /**
   * Has none.
   *
   * @throws IllegalStateException always
   */
  @Override
  public Kernel kernel(KernelSpec spec) {
    throw new IllegalStateException("device " + name + " runs no kernels; use ReferenceOps");
  }

  @Override
  public MatrixLibrary matrix() {
    return matrix;
  }

  @Override
  public void close() {
    turn().end(matrix::close);
  }
}
