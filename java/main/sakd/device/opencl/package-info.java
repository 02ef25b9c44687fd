/**
 * Devices through OpenCL: kernels of the dialect compiled by the driver, matrix products by
 * CLBlast.
 */
package sakd.device.opencl;
