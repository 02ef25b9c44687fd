#!/bin/sh
# Installs what is used beyond a JDK and Maven, where this user may (root, with apt-get); else says
# what is done without, and why.
#
#   tools.sh compiler   a C++ compiler, for the kernels of the cpu device
#   tools.sh            that, doctest for the native tests, an OpenCL device on the processor, and MPI
missing=""
command -v "${CXX:-g++}" >/dev/null 2>&1 || missing="$missing g++"
if [ "${1:-}" != compiler ]; then
  [ -e /usr/include/doctest/doctest.h ] || missing="$missing doctest-dev"
  ls /etc/OpenCL/vendors/*.icd >/dev/null 2>&1 || missing="$missing pocl-opencl-icd"
  command -v mpirun >/dev/null 2>&1 || missing="$missing openmpi-bin"
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing:$missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -y -qq $missing; } >/dev/null 2>&1 && exit 0
  echo "apt-get could not install them; check the network or the package lists"
else
  echo "not installed, and this user cannot install:$missing (run: sudo apt-get install$missing)"
fi
case "$missing" in *g++*) echo "without g++ the kernels run in plain Java, about twenty times slower" ;; esac
case "$missing" in *doctest*) echo "skipped: native tests, for want of doctest-dev" ;; esac
case "$missing" in *pocl*) echo "skipped: OpenCL tests, for want of an OpenCL device" ;; esac
case "$missing" in *openmpi*) echo "skipped: tests of several processes, for want of openmpi-bin" ;; esac
exit 0
