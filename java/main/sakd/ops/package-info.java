/**
 * Operations on tensors, one method each in {@link sakd.ops.Ops}: {@link sakd.ops.KernelOps}
 * launches the kernels of a device, {@link sakd.ops.ReferenceOps} is plain Java in double
 * arithmetic, which the other is tested against. {@link sakd.ops.Backend} opens a device by name.
 */
package sakd.ops;
