# Stages that measure: kernels, steps, public, ranks, profile.

# measure FILE SECONDS OPTIONS...: tables by SAKD. Rows are written one by one; those it has no time for are named.
measure() {
  need_bundle
  wheel_libraries
  table=$1
  most=$(($2 > 1 ? $2 : 1))
  shift 2
  mkdir -p "$(dirname "$table")"
  limited $((most + 10)) "$SAKD_HOME/bin/sakd" bench --device "$SAKD_DEVICE" --output "$table" --seconds $most \
    ${QUICK:+--quick} "$@"
}

# peers FILE SCRIPT OPTIONS...: rows of the same work by PyTorch and SpikingJelly, in the table of the same name.
peers() {
  table=$1
  script=$2
  shift 2
  if ! has_torch; then
    echo "$script is not run: $PYTHON has no PyTorch; name one that has in PYTHON"
    return 0
  fi
  on=cuda
  case $QUICK,$SAKD_DEVICE in ,cuda*) ;; *) on=cpu ;; esac
  status=0
  PYTHONPATH=$PEERS_PATH${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1 limited "$(left)" \
    "$PYTHON" "benchmarks/peers/$script" --device $on --into "$table" --seconds $(($(left) - 20)) \
    ${QUICK:+--quick} "$@" || status=$?
  if stopped $status; then
    echo "$script was stopped by the limit; the rows it had are in the table"
  fi
  return $status
}

# bench PART SCRIPT: one part in full, and its peers in the time that it leaves, half of all at least.
bench() {
  file=$OUT/$(machine)-$1.md
  ours=0
  measure "$file" $(($(left) / 2)) --only "$1" || ours=$?
  theirs=0
  [ ! -f "$file" ] || peers "$file" "$2" || theirs=$?
  echo "written to $file"
  [ $ours -eq 0 ] || return $ours
  stopped $theirs || return $theirs
}

kernels() { bench kernels neuron_gpu.py; }
steps() { bench steps step_gpu.py; }
public() { bench linear linear_gpu.py; }

# one_rank FILE: what NCCL costs a rank, in a table.
one_rank() {
  need_bundle
  need_tests
  wheel_libraries
  mkdir -p "$(dirname "$1")"
  if [ -n "$QUICK" ]; then set -- "$1" spiking-resnet8 2 1; else set -- "$1" spiking-resnet18 128 3; fi
  LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$SAKD_HOME/lib/cuda13" limited "$(left)" \
    "$SAKD_HOME/runtime/bin/java" -cp "$SAKD_HOME/lib/*:$TESTS_HOME/classes" sakd.device.cuda.OneRank "$@"
}

ranks() {
  case $SAKD_DEVICE in cuda*) ;; *) refuse "NCCL is of GPUs, and SAKD_DEVICE is $SAKD_DEVICE; expected cuda" ;; esac
  one_rank "$OUT/$(machine)-ranks.md"
  measure "$OUT/$(machine)-comm.md" "$(left)" --only comm
}

# The second time that each kernel of batch norm + LIF is launched: the first is the comparison with the reference,
# which is small. Clocks are left as they are.
profile() {
  need_bundle
  wheel_libraries
  command -v ncu > /dev/null || refuse "ncu is not on the PATH; it comes with the CUDA toolkit (Nsight Compute)"
  mkdir -p "$OUT"
  metrics=gpu__time_duration.sum,dram__bytes_read.sum,dram__bytes_write.sum
  metrics=$metrics,dram__throughput.avg.pct_of_peak_sustained_elapsed,sm__warps_active.avg.pct_of_peak_sustained_active
  metrics=$metrics,launch__registers_per_thread,launch__grid_size
  limited "$(left)" ncu --clock-control none --target-processes all --metrics "$metrics" \
    --kernel-id '::regex:.*(statistics|neuron_).*:2' "$SAKD_HOME/bin/sakd" bench --device "$SAKD_DEVICE" --only kernels --T 4 \
    --sizes 64M --quick --output "$OUT/ncu.md" > "$OUT/ncu.txt" 2>&1 || { cat "$OUT/ncu.txt" && return 1; }
  rm -f "$OUT/ncu.md"
  grep -q dram__throughput "$OUT/ncu.txt" || { cat "$OUT/ncu.txt" && return 1; }
  grep -E '^ +[a-z_0-9]+ \(|dram__throughput|gpu__time|registers' "$OUT/ncu.txt"
}
