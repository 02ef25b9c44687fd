package sakd.device.opencl;

import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import sakd.device.Kernel;
import sakd.device.KernelSpec;

/** A compiled kernel on its device's queue. */
final class ClKernel implements Kernel, AutoCloseable {
  private final OpenClDevice device;
  private final KernelSpec spec;
  private final cl_kernel kernel;
  private final int arguments;

  ClKernel(OpenClDevice device, KernelSpec spec, cl_kernel kernel) {
    this.device = device;
    this.spec = spec;
    this.kernel = kernel;
    int[] count = new int[1];
    CL.clGetKernelInfo(kernel, CL.CL_KERNEL_NUM_ARGS, Sizeof.cl_uint, Pointer.to(count), null);
    this.arguments = count[0];
  }

  @Override
  public void launch(long n, Object... values) {
    if (n > 0) {
      enqueue(device.line(n), n + " items", values);
    }
  }

  @Override
  public void launchRows(long rows, long columns, Object... values) {
    if (rows > 0 && columns > 0) {
      enqueue(device.matrixOf(rows, columns), rows + " x " + columns + " items", values);
    }
  }

  private void enqueue(WorkSize size, String items, Object... values) {
    if (values.length != arguments) {
      throw new IllegalArgumentException(
          name() + " has " + arguments + " parameters, not " + values.length);
    }
    for (int i = 0; i < values.length; i++) {
      set(i, values[i]);
    }
    try {
      CL.clEnqueueNDRangeKernel(
          device.queue(), kernel, 2, null, size.global(), size.local(), 0, null, null);
    } catch (CLException e) {
      throw ClErrors.failure("launching " + name() + " over " + items, e);
    }
  }

  private void set(int index, Object value) {
    try {
      if (value == null) {
        // A tensor that this specialisation does not read.
        CL.clSetKernelArg(kernel, index, Sizeof.cl_mem, null);
      } else if (value instanceof ClMemory memory) {
        if (!memory.belongsTo(device)) {
          throw new IllegalArgumentException(
              "argument " + index + " of " + name() + " is on another device");
        }
        CL.clSetKernelArg(kernel, index, Sizeof.cl_mem, Pointer.to(memory.handle()));
      } else if (value instanceof Integer number) {
        CL.clSetKernelArg(kernel, index, Sizeof.cl_int, Pointer.to(new int[] {number}));
      } else if (value instanceof Long number) {
        CL.clSetKernelArg(kernel, index, Sizeof.cl_long, Pointer.to(new long[] {number}));
      } else if (value instanceof Float number) {
        CL.clSetKernelArg(kernel, index, Sizeof.cl_float, Pointer.to(new float[] {number}));
      } else {
        throw new IllegalArgumentException(
            "argument "
                + index
                + " of "
                + name()
                + " must be Memory of this device, Integer, Long or Float, not "
                + value.getClass().getName());
      }
    } catch (CLException e) {
      throw ClErrors.failure("setting argument " + index + " of " + name(), e);
    }
  }

  private String name() {
    return "kernel " + spec.function() + " of kernels/" + spec.file();
  }

  @Override
  public void close() {
    CL.clReleaseKernel(kernel);
  }
}
