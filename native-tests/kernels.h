// Which kernels are under test: #include KERNELS(loss.cu). TWINS: those of kernels/cuda.
#pragma once
#define PATH_OF(path) #path
#if TWINS
#define KERNELS(file) PATH_OF(../kernels/cuda/file)
#include "../kernels/cuda/group.h"
#else
#define KERNELS(file) PATH_OF(../kernels/file)
#include "../kernels/portable.h"
#endif
