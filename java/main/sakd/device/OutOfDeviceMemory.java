package sakd.device;

import sakd.base.UserError;

/** A device has not as much memory left as was asked of it. */
public final class OutOfDeviceMemory extends UserError {
  private static final long serialVersionUID = 1L;

  public OutOfDeviceMemory(String message) {
    super(message);
  }

  public OutOfDeviceMemory(String message, Throwable cause) {
    super(message, cause);
  }
}
