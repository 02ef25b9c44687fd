package sakd.device.opencl;

import org.jocl.CL;
import org.jocl.CLException;
import sakd.device.OutOfDeviceMemory;

/** Turns OpenCL's codes into messages that name the operation. */
final class ClErrors {
  private ClErrors() {}

  /**
   * An exception that says what failed and with which code; a {@link OutOfDeviceMemory} if memory
   * ran out.
   */
  static RuntimeException failure(String operation, CLException cause) {
    int code = cause.getStatus();
    String message = "OpenCL: " + operation + " failed with " + name(code) + " (" + code + ")";
    if (isOutOfMemory(code)) {
      return new OutOfDeviceMemory(
          message + "; choose a smaller --batch-size or another --device if memory is short",
          cause);
    }
    return new IllegalStateException(message, cause);
  }

  private static String name(int code) {
    String name = CL.stringFor_errorCode(code);
    return name == null || name.startsWith("INVALID") ? "an unknown code" : name;
  }

  private static boolean isOutOfMemory(int code) {
    return code == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE
        || code == CL.CL_OUT_OF_RESOURCES
        || code == CL.CL_OUT_OF_HOST_MEMORY
        || code == CL.CL_INVALID_BUFFER_SIZE;
  }
}
