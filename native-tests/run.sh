#!/bin/sh
# Runs test programs, says a line about each and all of what a failing one printed, and closes with
# "N passed, N failed". A program that dies counts as one failure more than it had reported.
#
#   RUNNER=... run.sh program...
#
# Programs find their data from this folder, wherever they and the caller are.
from=$(pwd)
cd "$(dirname "$0")" || exit 2
# Threads that spin at the end of a parallel loop would starve their neighbours on a busy machine.
export OMP_WAIT_POLICY=passive
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in "$@"; do
  case $program in /*) ;; *) program=$from/$program ;; esac
  ${RUNNER:-} "$program" > "$log" 2>&1
  status=$?
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  good=${line%% *}
  bad=${line#*, }
  bad=${bad%% *}
  : "${good:=0}" "${bad:=0}"
  [ $status -eq 0 ] || [ "$bad" -gt 0 ] && [ -n "$line" ] || bad=$((bad + 1))
  # A sanitizer's report fails the program even where it went on to exit with 0.
  grep -qE 'runtime error:|ERROR: (Address|Leak|Undefined)' "$log" && [ "$bad" -eq 0 ] && bad=1
  passed=$((passed + good))
  failed=$((failed + bad))
  [ "$bad" -eq 0 ] || cat "$log"
  echo "$(basename "$program"): $good passed, $bad failed"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
