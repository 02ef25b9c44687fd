#!/bin/sh
# Calls the forwarding libraries as JCuda's natives do, with a stand-in of the CUDA 13 library behind them.
#   test.sh FOLDER-OF-THE-LIBRARIES WORK-FOLDER
set -eu
libraries=$1
work=$2
cat > "$work/standin.c" <<'END'
#include <stdio.h>
// A pointer, integers in registers and on the stack, and float pointers, as cublasSgemm_v2 takes them.
int cublasSgemm_v2(void* handle, int ta, int tb, int m, int n, int k, const float* alpha, const float* a, int lda,
                   const float* b, int ldb, const float* beta, float* c, int ldc) {
  c[0] = *alpha * a[0] * b[0] + *beta * c[0];
  return handle == (void*)1 && ta == 2 && tb == 3 && m == 4 && n == 5 && k == 6 && lda == 7 && ldb == 8 && ldc == 9
             ? 0 : 99;
}
const char* companion(void);
const char* cublasGetStatusString(int status) { return status == 14 ? companion() : "other"; }
END
echo 'const char* companion(void) { return "text"; }' > "$work/companion.c"
cat > "$work/caller.c" <<'END'
#include <stdio.h>
#include <string.h>
int cublasSgemm_v2(void*, int, int, int, int, int, const float*, const float*, int, const float*, int, const float*,
                   float*, int);
int cublasCreate_v2(void**);
const char* cublasGetStatusString(int);
int main(void) {
  float alpha = 2, beta = 10, a = 3, b = 5, c = 0.5f;
  void* handle;
  int gemm = cublasSgemm_v2((void*)1, 2, 3, 4, 5, 6, &alpha, &a, 7, &b, 8, &beta, &c, 9);
  printf("%d %g %d %s\n", gemm, c, cublasCreate_v2(&handle), cublasGetStatusString(14));
  return 0;
}
END
cc=${CC:-cc}
mkdir -p "$work/standin/lib64"
lib64=$work/standin/lib64
$cc -shared -fPIC -Wl,-soname,libcublasLt.so.13 -o "$lib64/libcublasLt.so.13" "$work/companion.c"
$cc -shared -fPIC -o "$lib64/libcublas.so.13" "$work/standin.c" "$lib64/libcublasLt.so.13"
$cc -o "$work/caller" "$work/caller.c" "$libraries/libcublas.so.12"
failed=0
expect() {
  got=$(LD_LIBRARY_PATH=$libraries CUDA_HOME=$2 "$work/caller" 2>"$work/stderr")
  if [ "$got" = "$3" ]; then echo "$1: passed"; else
    echo "$1: '$got' instead of '$3'"
    cat "$work/stderr"
    failed=1
  fi
}
expect "arguments, results and a function that CUDA 13 lacks" "$work/standin" "0 35 15 text"
if ! ldconfig -p 2>/dev/null | grep -q 'libcublas\.so\.13' && ! ls /usr/local/cuda*/lib64/libcublas.so.13 >/dev/null 2>&1
then
  expect "no CUDA 13 library" "$work/nowhere" "1 0.5 1 libcublas.so.13 has no text for it"
  grep -q 'set CUDA_HOME' "$work/stderr" || { echo "nothing was said of CUDA_HOME"; failed=1; }
fi
# JCuda's natives bind to the same versioned names.
for pair in cublas:JCublas2 nvrtc:JNvrtc; do
  native=$(ls "$(dirname "$libraries")"/jcuda/lib/lib"${pair#*:}"-*.so)
  LD_LIBRARY_PATH=$libraries ldd -r "$native" > "$work/ldd" 2>&1
  if grep -E "undefined symbol: ${pair%:*}|version .* not found|not found" "$work/ldd"; then failed=1; else
    echo "$(basename "$native") loads: passed"
  fi
done
exit $failed
