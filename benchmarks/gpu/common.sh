# What the stages of ../gpu.sh share.

left() { echo $((end - $(date +%s))); }

# limited SECONDS COMMAND...: runs it for so long at most, and no longer than the call may take.
limited() {
  seconds=$1
  shift
  [ "$seconds" -le "$(left)" ] || seconds=$(left)
  [ "$seconds" -gt 0 ] || return 124
  timeout -k 5 "$seconds" "$@"
}

# Whether a command was stopped by its limit: by timeout, or by Java on being told to end.
stopped() { [ "$1" -eq 124 ] || [ "$1" -eq 137 ] || [ "$1" -eq 143 ]; }

refuse() {
  echo "gpu.sh: $1" >&2
  exit 2
}

need_bundle() {
  [ -x "$SAKD_HOME/bin/sakd" ] ||
    refuse "$SAKD_HOME/bin/sakd is not there; expected the unpacked bundle, run make bundle or set SAKD_HOME"
}

need_tests() {
  [ -d "$TESTS_HOME/classes" ] ||
    refuse "$TESTS_HOME/classes is not there; expected the packed tests, run make bundle-tests"
}

# Where xz is missing, Python has it.
unxz() {
  if command -v xz > /dev/null; then
    xz -dc "$1"
  else
    "$PYTHON" -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
  fi
}

# PyTorch's wheels bring the CUDA libraries in folders that no loader knows.
wheel_libraries() {
  folders=$("$PYTHON" -c '
import glob, site, sys
for root in {*site.getsitepackages(), *sys.path}:
    print("\n".join(glob.glob(root + "/nvidia/*/lib")))' 2> /dev/null | sort -u | paste -sd: | sed 's/^://')
  if [ -n "$folders" ]; then
    export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folders"
  fi
}

# Importing it would take seconds.
has_torch() { "$PYTHON" -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("torch"))'; }

# The GPU's name, as a file is named.
machine() {
  name=$SAKD_DEVICE
  case $SAKD_DEVICE in
    cuda*) name=$(nvidia-smi --query-gpu=name --format=csv,noheader 2> /dev/null | head -n 1) ;;
  esac
  echo "${name:-$SAKD_DEVICE}" | tr '[:upper:] ' '[:lower:]-' | tr -cd 'a-z0-9-'
  echo
}
