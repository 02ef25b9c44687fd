#!/bin/sh
# What each call of a visit takes along, and whether it can: sizes.sh FOLDER
set -eu
folder=$1
limit=$((60 << 20))
tracked=$(git ls-files -z --cached --others --exclude-standard | du -cb --files0-from=- | tail -n 1 | cut -f 1)
status=0
for call in A B C; do
  sum=$tracked
  printf '%s: the repository %.1f MiB' $call "$(echo "$tracked" | awk '{ print $1 / 2 ^ 20 }')"
  for file in "$folder/$call"/*; do
    [ -f "$file" ] || continue
    size=$(wc -c < "$file")
    sum=$((sum + size))
    printf ', %s %.2f' "$(basename "$file")" "$(echo "$size" | awk '{ print $1 / 2 ^ 20 }')"
  done
  printf '; together %.1f MiB\n' "$(echo "$sum" | awk '{ print $1 / 2 ^ 20 }')"
  if [ $sum -gt $limit ]; then
    echo "call $call takes more than the $((limit >> 20)) MiB that can be carried; leave something out" >&2
    status=1
  fi
done
exit $status
