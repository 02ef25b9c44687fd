/**
 * NVIDIA GPUs: the driver for memory, streams, graphs and kernels and cuBLAS for matrix products
 * through JCuda, cuDNN for convolution through JNA.
 */
package sakd.device.cuda;
