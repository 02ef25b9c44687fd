package sakd.device.opencl;

import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import sakd.device.Kernel;
import sakd.device.KernelParameters;
import sakd.device.Memory;
import sakd.device.WorkSize;

/** A compiled kernel on its device's queue. */
final class ClKernel implements Kernel, AutoCloseable {
  private final OpenClDevice device;
  private final KernelParameters parameters;
  private final cl_kernel kernel;

  ClKernel(OpenClDevice device, KernelParameters parameters, cl_kernel kernel) {
    this.device = device;
    this.parameters = parameters;
    this.kernel = kernel;
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
    device
        .turn()
        .during(
            () -> {
              parameters.check(values);
              for (int i = 0; i < values.length; i++) {
                set(i, values[i]);
              }
              try {
                CL.clEnqueueNDRangeKernel(
                    device.queue(), kernel, 2, null, size.global(), size.local(), 0, null, null);
              } catch (CLException e) {
                throw ClErrors.failure("launching " + parameters + " over " + items, e);
              }
            });
  }

  private void set(int index, Object value) {
    try {
      if (value == null) {
        // A tensor that this specialisation does not read.
        CL.clSetKernelArg(kernel, index, Sizeof.cl_mem, null);
      } else if (value instanceof Memory memory) {
        cl_mem handle = device.own(memory).handle();
        CL.clSetKernelArg(kernel, index, Sizeof.cl_mem, Pointer.to(handle));
      } else if (value instanceof Integer number) {
        CL.clSetKernelArg(kernel, index, Sizeof.cl_int, Pointer.to(new int[] {number}));
      } else if (value instanceof Long number) {
        CL.clSetKernelArg(kernel, index, Sizeof.cl_long, Pointer.to(new long[] {number}));
      } else if (value instanceof Float number) {
        CL.clSetKernelArg(kernel, index, Sizeof.cl_float, Pointer.to(new float[] {number}));
      }
    } catch (CLException e) {
      throw ClErrors.failure("setting argument " + index + " of " + parameters, e);
    }
  }

  @Override
  public void close() {
    CL.clReleaseKernel(kernel);
  }
}
