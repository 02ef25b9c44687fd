package sakd.ops;

import sakd.device.DType;
import sakd.device.Device;

/** What those operations of {@link KernelOps} work with that have a file of their own. */
interface KernelFacet {
  Device device();

  Tensor allocate(DType type, int... shape);

  Launcher launcher();

  Reductions reductions();
}
