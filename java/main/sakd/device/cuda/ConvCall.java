package sakd.device.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.jcudnn.cudnnHandle;

/** What every call for one convolution has in common. */
record ConvCall(
    cudnnHandle handle, ConvDescriptors descriptors, CUdeviceptr x, CUdeviceptr w, CUdeviceptr y) {}
