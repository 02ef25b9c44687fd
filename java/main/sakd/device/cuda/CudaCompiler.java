package sakd.device.cuda;

import java.util.List;
import sakd.base.UserError;

/** Compiles a kernel file for one GPU. */
interface CudaCompiler {
  /** The numbers of the architecture: 9 and 0 for sm_90. */
  record Architecture(int major, int minor) {
    int number() {
      return 10 * major + minor;
    }

    @Override
    public String toString() {
      return "sm_" + number();
    }
  }

  /** Name and version. */
  String version();

  /**
   * An image that the driver can load.
   *
   * @param file the name for messages
   * @param source the text, without includes
   * @param options definitions and flags
   * @throws UserError with the compiler's words if it does not compile
   */
  byte[] compile(String file, String source, List<String> options, Architecture target);

  /** What does not compile, and what the compiler says. */
  default UserError refused(String file, List<String> options, Architecture target, String log) {
    return new UserError(
        "kernels/"
            + file
            + " cannot be compiled by "
            + version()
            + " for "
            + target
            + " with "
            + String.join(" ", options)
            + ":\n"
            + log.strip());
  }
}
