/**
 * The processor: kernels compiled by the C++ compiler of the system, convolution and matrix product
 * by oneDNN.
 */
package sakd.device.cpu;
