package sakd.device.opencl;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/** Reads what a platform or a device says of itself. */
final class ClInfo {
  private ClInfo() {}

  static String platformText(cl_platform_id platform, int what) {
    long[] size = new long[1];
    CL.clGetPlatformInfo(platform, what, 0, null, size);
    byte[] bytes = new byte[(int) size[0]];
    CL.clGetPlatformInfo(platform, what, bytes.length, Pointer.to(bytes), null);
    return text(bytes);
  }

  static String deviceText(cl_device_id device, int what) {
    long[] size = new long[1];
    CL.clGetDeviceInfo(device, what, 0, null, size);
    byte[] bytes = new byte[(int) size[0]];
    CL.clGetDeviceInfo(device, what, bytes.length, Pointer.to(bytes), null);
    return text(bytes);
  }

  /** A number of four or eight bytes. */
  static long deviceNumber(cl_device_id device, int what) {
    long[] size = new long[1];
    CL.clGetDeviceInfo(device, what, 0, null, size);
    byte[] bytes = new byte[(int) size[0]];
    CL.clGetDeviceInfo(device, what, bytes.length, Pointer.to(bytes), null);
    ByteBuffer number = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    return bytes.length == Long.BYTES ? number.getLong() : number.getInt();
  }

  /** C text without its closing zero and the blanks that some drivers pad names with. */
  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8).replace('\0', ' ').trim();
  }
}
