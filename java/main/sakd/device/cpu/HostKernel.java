package sakd.device.cpu;

import com.sun.jna.Function;
import sakd.device.Kernel;
import sakd.device.KernelArguments;
import sakd.device.KernelParameters;
import sakd.device.Turn;

/** A kernel compiled as {@code void(void** arguments, int64 begin, int64 end)}. */
final class HostKernel implements Kernel {
  private final Function function;
  private final KernelParameters parameters;
  private final KernelArguments arguments;
  private final Turn turn;

  HostKernel(Function function, KernelParameters parameters, KernelArguments arguments, Turn turn) {
    this.function = function;
    this.parameters = parameters;
    this.arguments = arguments;
    this.turn = turn;
  }

  @Override
  public void launch(long n, Object... values) {
    turn.during(
        () -> {
          parameters.check(values);
          arguments.pack(values);
          function.invokeVoid(new Object[] {arguments.pointer(), 0L, n});
        });
  }

  @Override
  public void launchRows(long rows, long columns, Object... values) {
    launch(rows, values);
  }
}
