#!/bin/sh
# Compiles the sources that check_cuda.sh left in a folder with NVRTC, for each architecture that it
# knows. NVRTC=PATH names the library; else it is looked for where systems, CUDA toolkits and JavaCPP
# (Maven profile cuda-libs) keep it.
#
#   nvrtc_check.sh FOLDER
set -u
library=${NVRTC:-}
if [ -z "$library" ]; then
  for pattern in 'libnvrtc.so.1[23]'; do
    for folder in /usr/local/cuda*/lib64 /usr/local/cuda*/targets/*/lib /usr/lib/x86_64-linux-gnu \
      "$HOME"/.javacpp/cache/cuda-*/org/bytedeco/cuda/linux-x86_64; do
      for file in "$folder"/$pattern; do [ ! -e "$file" ] || library=$file; done
    done
  done
fi
[ -n "$library" ] || {
  echo "NVRTC: not checked, there is no libnvrtc.so.12 or .13 here"
  exit 0
}
# It opens a second library, of what is built into the compiler, from the folder that it is in itself.
${CXX:-g++} -std=c++17 -O1 -Wall -Wextra nvrtc_check.cpp -o "$1/nvrtc_check" -ldl &&
  LD_LIBRARY_PATH=$(dirname "$library"):${LD_LIBRARY_PATH:-} "$1/nvrtc_check" "$library" "$1"
