#!/bin/sh
# Runs the tests of one class with the bundle's Java, says in a line how it went, and adds what was printed to
# OUT/tests.txt.
set -eu
class=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'cat "$log" >> "$OUT/tests.txt"; echo "$class: stopped after $(($(date +%s) - began)) s"; exit 124' TERM
began=$(date +%s)
status=0
# Neither a compiler nor OpenCL: the devices are the GPU's and the reference.
CXX=/nonexistent OCL_ICD_VENDORS=/nonexistent LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$SAKD_HOME/lib/cuda13" \
  "$SAKD_HOME/runtime/bin/java" -XX:+UseSerialGC \
  -cp "$SAKD_HOME/lib/*:$TESTS_HOME/*:$TESTS_HOME/classes:java/test/resources" \
  org.junit.platform.console.ConsoleLauncher execute --select-class "$class" --disable-banner --fail-if-no-tests \
  --details testfeed --disable-ansi-colors > "$log" 2>&1 || status=$?
count() { sed -n "s/^\[ *\([0-9]*\) tests $1 *\]$/\1/p" "$log"; }
cat "$log" >> "$OUT/tests.txt"
echo "$class: $(count successful) passed, $(count failed) failed, $(count skipped) skipped, $(($(date +%s) - began)) s"
[ $status -eq 0 ] || {
  grep -E ' :: FAILED|=> ' "$log" | head -n 20
  exit 1
}
