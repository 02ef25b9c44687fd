/**
 * What operations run on: memory, kernels compiled at first use and kept, and a library for matrix
 * products and convolutions. {@link sakd.device.Device} is all that the operations know of it.
 */
package sakd.device;
