package sakd.device.cuda;

import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.cublasStatus;
import sakd.device.OutOfDeviceMemory;

/** Turns status codes into messages that name the operation. */
final class CudaErrors {
  private CudaErrors() {}

  /** What a failed call of the driver is thrown as; running out of memory is the user's to mend. */
  static RuntimeException driver(String operation, int status) {
    String message = "CUDA: " + operation + " failed with " + name(status);
    return status == CUresult.CUDA_ERROR_OUT_OF_MEMORY
        ? outOfMemory(message)
        : new CudaFailure(message);
  }

  /** Throws what {@link #driver} makes of a status that is not success. */
  static void check(String operation, int status) {
    if (status != CUresult.CUDA_SUCCESS) {
      throw driver(operation, status);
    }
  }

  /** Name and text of a status of the driver. */
  static String name(int status) {
    String[] name = new String[1];
    String[] text = new String[1];
    JCudaDriver.cuGetErrorName(status, name);
    JCudaDriver.cuGetErrorString(status, text);
    return name[0] == null ? "status " + status : name[0] + " (" + text[0] + ")";
  }

  static void checkCublas(String operation, int status) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      String message = "cuBLAS: " + operation + " failed with " + cublasStatus.stringFor(status);
      throw status == cublasStatus.CUBLAS_STATUS_ALLOC_FAILED
          ? outOfMemory(message)
          : new CudaFailure(message);
    }
  }

  static void checkCudnn(String operation, int status) {
    if (status != 0) {
      String name = CudnnLibrary.cudnnGetErrorString(status);
      String why = CudnnLibrary.lastError();
      String message =
          "cuDNN: " + operation + " failed with " + name + (why.isEmpty() ? "" : " (" + why + ")");
      // ..._HOST_ALLOCATION_FAILED, ..._DEVICE_ALLOCATION_FAILED and the older ..._ALLOC_FAILED.
      throw name.contains("ALLOC") ? outOfMemory(message) : new CudaFailure(message);
    }
  }

  private static OutOfDeviceMemory outOfMemory(String message) {
    return new OutOfDeviceMemory(message + "; choose a smaller --batch-size or another --device");
  }
}
