# Stages that test: native, tests, sanitizer.

programs() {
  list=$(find "$NATIVE" -maxdepth 1 -type f -perm -u+x 2> /dev/null | sort)
  [ -n "$list" ] ||
    refuse "$NATIVE holds no programs; expected the native tests, run make -C native-tests gpu-build where nvcc is"
  echo "$list"
}

# Names a program or class as it ends; what it printed goes to OUT/tests.txt.
native() {
  nvidia-smi -L > /dev/null 2>&1 || refuse "no NVIDIA driver answers here, and the native tests need a GPU"
  found=$(programs)
  mkdir -p "$OUT"
  last=$(mktemp)
  failed=0
  for program in $found; do
    status=0
    RUNNER="timeout -k 5 $(($(left) > 1 ? $(left) : 1))" native-tests/run.sh "$program" > "$last" 2>&1 || status=$?
    cat "$last" >> "$OUT/tests.txt"
    grep ': [0-9]* passed' "$last" || true
    [ $status -eq 0 ] || failed=1
  done
  rm -f "$last"
  return $failed
}

# A process for each class, several at a time: compiling kernels is what takes long. What a class prints is in
# OUT/tests.txt once it has ended.
tests() {
  need_bundle
  wheel_libraries
  need_tests
  mkdir -p "$OUT"
  pattern=${TESTS:-'sakd\..*\.([A-Za-z]+ContractTest|Golden(Lif|Step)Test|CudaGraphTest|NcclCommunicatorTest|TrainStepTest)'}
  classes=$(cd "$TESTS_HOME/classes" && find sakd -name '*.class' | sed 's/\.class$//; s|/|.|g' | grep -Ex "$pattern" | sort)
  [ -n "$classes" ] || refuse "no class in $TESTS_HOME/classes is called like '$pattern'"
  export SAKD_HOME SAKD_DEVICE TESTS_HOME OUT
  status=0
  echo "$classes" | END=$end xargs -P $((($(nproc) + 1) / 2)) -n 1 sh benchmarks/gpu/test_class.sh || status=$?
  [ "$(left)" -gt 0 ] || return 124
  case $SAKD_DEVICE in
    cuda* | opencl*) grep -q " $SAKD_DEVICE" "$OUT/tests.txt" || { echo "no test ran on $SAKD_DEVICE" && return 1; } ;;
  esac
  return $status
}

# sanitizer [TOOL...]: what gpu-memcheck, gpu-racecheck and gpu-initcheck of native-tests do, a program at a time.
sanitizer() {
  command -v compute-sanitizer > /dev/null || refuse "compute-sanitizer is not on the PATH; it comes with the CUDA toolkit"
  found=$(programs)
  mkdir -p "$OUT"
  log=$OUT/sanitizer.txt
  touch "$log"
  last=$(mktemp)
  # What failed is tried again.
  grep ': clean' "$log" > "$last" || true
  cp "$last" "$log"
  [ $# -gt 0 ] || set -- memcheck racecheck initcheck
  for tool in "$@"; do
    for program in $found; do
      name="$tool $(basename "$program")"
      if grep -qF "$name: clean" "$log"; then continue; fi
      if [ "$(left)" -lt 10 ]; then
        echo "out of time before $name; the next call goes on"
        return 124
      fi
      if RUNNER="timeout -k 5 $(left) compute-sanitizer --tool $tool --error-exitcode 3" native-tests/run.sh "$program" \
        > "$last" 2>&1; then
        echo "$name: clean, $(tail -n 1 "$last")" | tee -a "$log"
      elif [ "$(left)" -lt 2 ]; then
        echo "out of time in $name; the next call goes on"
        return 124
      else
        { echo "$name: FAILED" && cat "$last"; } | tee -a "$log"
      fi
    done
  done
  rm -f "$last"
  echo "$(grep -c ': clean' "$log") clean, $(grep -c ': FAILED' "$log" || true) failed"
  ! grep -q ': FAILED' "$log"
}
