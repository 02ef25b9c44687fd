#!/bin/sh
# Runs the tests of one class with the bundle's Java until END at most, in seconds since 1970, says in a line how it
# went, and adds what was printed to OUT/tests.txt.
set -eu
class=$1
began=$(date +%s)
if [ "$began" -ge "$END" ]; then
  echo "$class: not begun, out of time"
  exit 124
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# The device that is tested, and the reference; no compiler for the processor.
CXX=/nonexistent LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$SAKD_HOME/lib/cuda13" \
  timeout -k 5 $((END - began)) "$SAKD_HOME/runtime/bin/java" -XX:+UseSerialGC \
  -Dsakd.test.devices="$SAKD_DEVICE" \
  -cp "$SAKD_HOME/lib/*:$TESTS_HOME/*:$TESTS_HOME/classes:java/test/resources" \
  org.junit.platform.console.ConsoleLauncher execute --select-class "$class" --disable-banner --fail-if-no-tests \
  --details testfeed --disable-ansi-colors > "$log" 2>&1 || status=$?
cat "$log" >> "$OUT/tests.txt"
took=$(($(date +%s) - began))
# Killed, and the time is over: the log names the tests that had ended.
if [ $status -ge 124 ] && [ $((began + took)) -ge "$END" ]; then
  echo "$class: stopped after $(grep -c ' :: SUCCESSFUL' "$log" || true) tests, $took s"
  exit 124
fi
count() { sed -n "s/^\[ *\([0-9]*\) tests $1 *\]$/\1/p" "$log"; }
if [ -z "$(count started)" ]; then
  echo "$class: ended by exit code $status after $(grep -c ' :: SUCCESSFUL' "$log" || true) tests, $took s:"
  tail -n 3 "$log" | cut -c 1-300
  exit 1
fi
echo "$class: $(count successful) passed, $(count failed) failed, $(($(count skipped) + $(count aborted))) skipped, $took s"
[ $status -eq 0 ] || {
  grep -A 1 ' :: FAILED' "$log" | grep -v '^--' | cut -c 1-300 | head -n 20
  exit 1
}
