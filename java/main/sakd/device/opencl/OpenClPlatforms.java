package sakd.device.opencl;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.LibUtils;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import sakd.device.NativeParts;

/** Finds the devices; on a machine without OpenCL there are none, and a reason. */
final class OpenClPlatforms {
  /** The devices in the order of their platforms, or none and why. */
  record Found(List<Entry> devices, String whyNone) {}

  /** A device with its handles. */
  record Entry(OpenClDevice.Info info, cl_platform_id platform, cl_device_id device) {}

  private static final String NO_LOADER =
      "the OpenCL loader libOpenCL.so.1 cannot be used; install your GPU's OpenCL driver, or"
          + " pocl-opencl-icd for the processor";
  private static final String NO_PLATFORM =
      "OpenCL has no devices here; install your GPU's OpenCL driver, or pocl-opencl-icd for the"
          + " processor";

  private static final String BLAST = "JOCLBlast_1_5_2";
  private static final String LIBCLBLAST = "libclblast.so";

  /** The names by which JOCL asks for the loader. */
  private static final List<String> LOADERS = List.of("libOpenCL.so.1", "libOpenCL.so");

  private static Found found;

  private OpenClPlatforms() {}

  /** Looks once: a class whose native part did not load says why only at the first touch. */
  static synchronized Found find() {
    if (found == null) {
      found = look();
    }
    return found;
  }

  private static Found look() {
    try {
      loadLoader();
      unpack();
      CL.setExceptionsEnabled(true);
      List<Entry> devices = new ArrayList<>();
      cl_platform_id[] platforms = platforms();
      for (int p = 0; p < platforms.length; p++) {
        cl_device_id[] ids = devices(platforms[p]);
        for (int d = 0; d < ids.length; d++) {
          devices.add(new Entry(info(p, d, platforms[p], ids[d]), platforms[p], ids[d]));
        }
      }
      return new Found(List.copyOf(devices), devices.isEmpty() ? NO_PLATFORM : "");
    } catch (LinkageError | RuntimeException | IOException e) {
      return new Found(List.of(), NO_LOADER + " (" + firstLine(e) + ")");
    }
  }

  /**
   * The loader, before JOCL looks for it when its class is first touched: where there is none, JOCL
   * would print that among the results.
   *
   * @throws IOException if there is none, with the reason for the first name
   */
  private static void loadLoader() throws IOException {
    IOException first = null;
    for (String name : LOADERS) {
      try {
        NativeParts.load(name);
        return;
      } catch (IOException e) {
        first = first == null ? e : first;
      }
    }
    throw first;
  }

  /** JOCL's own part and CLBlast's, under the names by which their classes look for them. */
  static void unpack() throws IOException {
    for (String name : List.of("JOCL_2_0_6", BLAST)) {
      String file = LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(name));
      NativeParts.unpack("/lib/" + file, file);
    }
    NativeParts.unpack(
        "/lib/linux/x86_64/" + LIBCLBLAST,
        LibUtils.createPlatformLibraryName(BLAST) + "_dependents/linux/x86_64/" + LIBCLBLAST);
  }

  private static String firstLine(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(e.getClass().getSimpleName()).strip();
  }

  private static cl_platform_id[] platforms() {
    int[] count = new int[1];
    try {
      CL.clGetPlatformIDs(0, null, count);
    } catch (CLException e) {
      // With no driver installed the loader answers CL_PLATFORM_NOT_FOUND_KHR rather than zero.
      return new cl_platform_id[0];
    }
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    if (platforms.length > 0) {
      CL.clGetPlatformIDs(platforms.length, platforms, null);
    }
    return platforms;
  }

  private static cl_device_id[] devices(cl_platform_id platform) {
    int[] count = new int[1];
    try {
      CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, 0, null, count);
    } catch (CLException e) {
      // A platform whose hardware is absent answers CL_DEVICE_NOT_FOUND; others may still work.
      return new cl_device_id[0];
    }
    cl_device_id[] devices = new cl_device_id[count[0]];
    if (devices.length > 0) {
      CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, devices.length, devices, null);
    }
    return devices;
  }

  private static OpenClDevice.Info info(int p, int d, cl_platform_id platform, cl_device_id id) {
    long type = ClInfo.deviceNumber(id, CL.CL_DEVICE_TYPE);
    return new OpenClDevice.Info(
        p,
        d,
        ClInfo.deviceText(id, CL.CL_DEVICE_NAME),
        ClInfo.platformText(platform, CL.CL_PLATFORM_NAME),
        ClInfo.deviceNumber(id, CL.CL_DEVICE_GLOBAL_MEM_SIZE),
        (type & CL.CL_DEVICE_TYPE_GPU) != 0,
        (type & CL.CL_DEVICE_TYPE_CPU) != 0);
  }
}
