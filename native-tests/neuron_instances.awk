# Turns lists of settings (see neuron_settings.sh) into C++ that includes neuron_instance.h once per
# line; INSTANCE names the settings, so that test messages and ptxas tell which one they mean.
function setting(name,    i) {
  for (i = 1; i <= NF; ++i) if (index($i, name "=") == 1) return substr($i, length(name) + 2) + 0
  print "neuron_instances.awk: no " name " in: " $0 > "/dev/stderr"
  failed = 1
  exit 1
}
function word(words, number,    list) {
  split(words, list, " ")
  return list[number + 1]
}
{
  spiking = setting("NEURON") == 2
  name = "T" setting("STEPS") "_x" setting("INPUT_STEPS")
  name = name "_" word("plain norm", setting("NORM"))
  name = name "_" (spiking ? word("if lif plif", setting("LEAK")) : word("identity relu", setting("NEURON")))
  name = name "_" word("none input add and iand", setting("RESIDUAL"))
  if (spiking) {
    name = name "_" word("soft hard", setting("HARD_RESET"))
    if (setting("DECAY_INPUT")) name = name "_decay"
    if (setting("DETACH_RESET")) name = name "_detach"
    name = name "_" word("triangle atan sigmoid rectangle", setting("SURROGATE"))
  }
  if (setting("PACK")) name = name "_" word("- bits bytes", setting("PACK"))
  if (name in seen) next
  seen[name] = 1
  print "#define INSTANCE " name
  for (i = 1; i <= NF; ++i) {
    split($i, pair, "=")
    print "#define " pair[1] " " pair[2]
  }
  print "#include \"neuron_instance.h\""
}
