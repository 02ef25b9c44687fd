// What an image of the stand-in nvcc exports for each kernel, as hostcuda_kernel_NAME.
#pragma once

struct HostcudaParameter {
  unsigned size;
  unsigned char is_pointer, is_written;  // a pointer to what is not const
};

struct HostcudaKernel {
  unsigned count, max_threads;  // parameters; threads of a block
  const HostcudaParameter* parameters;
  /// Runs all blocks; arguments[i] points to the value of parameter i.
  void (*run)(void** arguments, const unsigned grid[3], const unsigned block[3]);
};
