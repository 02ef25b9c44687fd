#!/bin/sh
# Compiles the kernels that a visit's work asks for with NVIDIA's own NVRTC, for sm_90 and without a GPU, into a folder.
#
#   cubins.sh FOLDER LIBRARIES...   (folders; libnvrtc.so.13 in one of them)
set -eu
folder=$1
shift
libraries=$(echo "$@" | tr ' ' ':')
rm -rf "$folder"
mvn -q test-compile dependency:build-classpath -Dmdep.outputFile=target/visit/classpath -Dmdep.includeScope=test
log=target/visit/cubins.log
LD_LIBRARY_PATH=native-tests/build/hostcuda:target/cuda13:$libraries \
  java -cp "target/classes:target/test-classes:$(cat target/visit/classpath)" sakd.device.cuda.Precompile "$folder" > $log
cat $log
grep -q 'kernels by NVRTC' $log || {
  echo "cubins.sh: NVIDIA's compiler was not used; expected libnvrtc.so.13 in one of $*" >&2
  exit 1
}
