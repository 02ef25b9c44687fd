package sakd.device.cpu;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import sakd.device.Kernel;
import sakd.device.KernelParameters;
import sakd.device.Memory;

/**
 * A kernel compiled as {@code void(void** arguments, int64 begin, int64 end)}: the arguments are
 * packed into native memory the way cuLaunchKernel takes them, a pointer to each value.
 */
final class HostKernel implements Kernel {
  private static final int MOST_ARGUMENTS = 32;

  /** Pointers first, then the values they point to; filled anew by every launch. */
  static final class Arguments {
    private final com.sun.jna.Memory block = new com.sun.jna.Memory(2L * 8 * MOST_ARGUMENTS);

    Arguments() {
      for (int i = 0; i < MOST_ARGUMENTS; i++) {
        block.setPointer(8L * i, block.share(8L * (MOST_ARGUMENTS + i)));
      }
    }

    Pointer pack(Object[] values) {
      for (int i = 0; i < values.length; i++) {
        long at = 8L * (MOST_ARGUMENTS + i);
        Object value = values[i];
        if (value == null) {
          block.setLong(at, 0);
        } else if (value instanceof Memory m) {
          block.setLong(at, ((HostMemory) m).address());
        } else if (value instanceof Integer v) {
          block.setInt(at, v);
        } else if (value instanceof Long v) {
          block.setLong(at, v);
        } else {
          block.setFloat(at, (Float) value);
        }
      }
      return block;
    }
  }

  private final Function function;
  private final KernelParameters parameters;
  private final Arguments arguments;

  HostKernel(Function function, KernelParameters parameters, Arguments arguments) {
    this.function = function;
    this.parameters = parameters;
    this.arguments = arguments;
  }

  @Override
  public void launch(long n, Object... values) {
    parameters.check(values);
    function.invokeVoid(new Object[] {arguments.pack(values), 0L, n});
  }

  @Override
  public void launchRows(long rows, long columns, Object... values) {
    launch(rows, values);
  }
}
