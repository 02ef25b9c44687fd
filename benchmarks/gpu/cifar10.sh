# Stages data and cifar10.

data() {
  mkdir -p "$UNPACKED"
  missing=
  for part in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    if [ -s "$UNPACKED/$part.bin" ]; then continue; fi
    if [ -f "$DATA/$part.sq" ]; then
      "$PYTHON" benchmarks/gpu/squeeze_cifar.py unpack "$DATA/$part.sq" "$UNPACKED/$part.bin"
    elif [ -f "$DATA/$part.bin.xz" ]; then
      unxz "$DATA/$part.bin.xz" > "$UNPACKED/$part.bin.part"
      mv "$UNPACKED/$part.bin.part" "$UNPACKED/$part.bin"
    elif [ -f "$DATA/$part.bin" ]; then
      cp "$DATA/$part.bin" "$UNPACKED/$part.bin.part"
      mv "$UNPACKED/$part.bin.part" "$UNPACKED/$part.bin"
    else
      missing="$missing $part"
    fi
  done
  echo "in $UNPACKED: $(find "$UNPACKED" -name '*.bin' | wc -l) of 6 parts${missing:+; missing:$missing}"
}

# A finished run's teacher, if there is one.
teacher() {
  for run in "$RUNS"/*; do
    if [ -f "$run/finished" ] && [ -f "$run/teacher/best.safetensors" ]; then
      echo "$run/teacher/best.safetensors"
      return
    fi
  done
}

# train METHOD EPOCHS: one run, or what is left of it. That of SAKD also trains the same network directly.
train() {
  run=$RUNS/$1
  if [ -f "$run/finished" ]; then return 0; fi
  if [ -f "$run/args.txt" ]; then
    set -- --resume "$run"
  else
    method=$1
    set -- @cifar10 --device "$SAKD_DEVICE" --data-path "$UNPACKED" --model "$MODEL" --epochs "$2" --seed "$SEED" \
      --output-dir "$run" ${QUICK:+--batch-size 4}
    if [ "$method" != sakd ]; then
      set -- "$@" --method "$method"
      given=$(teacher)
      if [ -n "$given" ]; then set -- "$@" --teacher "$given"; fi
    fi
  fi
  status=0
  limited "$(left)" "$SAKD_HOME/bin/sakd" train "$@" || status=$?
  [ $status -ne 0 ] || touch "$run/finished"
  return $status
}

# What runs have shown so far: of a finished one its final table, of another the last epoch of each network.
cifar10_table() {
  echo "# CIFAR-10, $MODEL, T = 4"
  echo
  echo "$(machine); seed $SEED; written by \`benchmarks/gpu.sh cifar10\`. Seconds are those of the training. A run that is"
  echo "not finished shows its last epochs, as 3/20."
  echo
  echo "| Network | Epochs | Top-1 | Firing rate | Operations per image | Seconds |"
  echo "| --- | --- | --- | --- | --- | --- |"
  first=1
  for each in sakd transfer logits features; do
    log=$RUNS/$each/train.log
    [ -f "$log" ] || continue
    awk -v finished="$(find "$RUNS/$each/finished" 2> /dev/null)" -v first=$first '
      # direct epoch 5/5  lr 0.009549  loss 0.6732  train 75.75 %  test 76.30 % (top-5 99.30 %)  1560 images/s  3.8 s
      $2 == "epoch" && $4 == "lr" {
        if (!($1 in epoch)) order[n++] = $1
        epoch[$1] = $3
        for (i = 5; i < NF; i++) if ($i == "test") top[$1] = $(i + 1)
        seconds[$1] += $(NF - 1)
      }
      /^network +top-1/ { inside = 1; rows = 0; next }
      inside && NF == 0 { inside = 0 }
      inside { row[rows++] = $0 }
      END {
        for (i = 0; finished && i < rows; i++) {
          name = tolower(row[i])
          sub(/ .*/, "", name)
          # Each run tells again of the teacher and the transferred weights.
          if (!first && name ~ /^(teacher|transferred)$/) continue
          gsub(/ %/, "%", row[i])
          gsub(/  +/, " | ", row[i])
          trained = name in epoch ? epoch[name] : "-"
          sub(/\/.*/, "", trained)
          sub(/ \| /, " | " trained " | ", row[i])
          print "| " row[i] " |"
        }
        for (i = 0; !finished && i < n; i++)
          printf "| %s | %s | %s%% | | | %.1f |\n", order[i], epoch[order[i]], top[order[i]], seconds[order[i]]
      }' "$log"
    first=0
  done
}

# runs METHOD...: SAKD first, whose teacher the others take.
runs() {
  need_bundle
  wheel_libraries
  data
  [ -z "$missing" ] || refuse "CIFAR-10 is not complete; expected the other parts in DATA=$DATA, run gpu.sh data with them"
  mkdir -p "$RUNS" "$OUT"
  for run_of in "$@"; do
    status=0
    train "$run_of" "${EPOCHS:-30}" || status=$?
    cifar10_table > "$RUNS/cifar10.md"
    mv "$RUNS/cifar10.md" "$OUT/cifar10.md"
    if stopped $status; then
      echo "out of time in the run of $run_of; the next call goes on"
      return 124
    fi
    [ $status -eq 0 ] || return $status
  done
}

cifar10() {
  status=0
  runs sakd transfer logits features || status=$?
  [ ! -f "$OUT/cifar10.md" ] || cat "$OUT/cifar10.md"
  return $status
}
