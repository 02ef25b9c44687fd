/**
 * NVIDIA GPUs through JCuda: the driver for memory, streams, graphs and kernels, cuDNN for
 * convolution, cuBLAS for matrix products.
 */
package sakd.device.cuda;
