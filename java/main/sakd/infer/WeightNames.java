package sakd.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import sakd.io.HostTensor;
import sakd.model.DetectionSpec;
import sakd.model.SegmentationSpec;
import sakd.model.VggSpec;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.AnchorGrid;

/**
 * What the tensors of a file are called in a network: files put a prefix before a network that was
 * a part of another ({@code model.}, {@code backbone.}, {@code net.} ...), and have several names
 * for the last linear layer.
 */
final class WeightNames {
  /** What the last linear layer is called here and in files of others. */
  private static final List<String> HEADS =
      List.of("fc2.", "fc.", "linear.", "classifier.6.", "classifier.", "head.fc.", "head.");

  /** The bias that has an element for every class where the class of every pixel is told. */
  private static final String PIXEL_BIAS = "classifier.4.bias";

  /** The bias that has an element for every class of every anchor of a place. */
  private static final String ANCHOR_BIAS = "head.classification_head.cls_logits.bias";

  /** Before the names of a network for classification that is the body of another. */
  private static final List<String> BODIES = List.of(SegmentationSpec.BODY, DetectionSpec.BODY);

  /** As torchvision called the layers of its detectors' towers, and still does in its files. */
  private static final Pattern OLDER_TOWER =
      Pattern.compile("^(head\\.\\w+_head\\.conv\\.)(\\d)\\.(weight|bias)$");

  /** The same of pyramids. */
  private static final Pattern OLDER_PYRAMID =
      Pattern.compile("^(backbone\\.fpn\\.\\w+_blocks\\.\\d)\\.(weight|bias)$");

  /** As timm calls the hidden layers of a VGG's head, which are convolutions there. */
  private static final Map<String, String> TIMM_VGG =
      Map.of(
          VggSpec.TIMM_HIDDEN + "fc1.", "classifier.0.",
          VggSpec.TIMM_HIDDEN + "fc2.", "classifier.3.");

  private WeightNames() {}

  /**
   * The tensors of a network in a file.
   *
   * @param prefix what was taken off their names; ends with a dot, or is empty
   * @param tensors under the network's names as far as it knows them
   * @param outside the names of the file that are not under the prefix and of no use
   */
  record Group(String prefix, Map<String, HostTensor> tensors, List<String> outside) {}

  /** How many parameters of a network have a tensor under a prefix. */
  private static final class Fit {
    int named;
    int shaped;
  }

  /**
   * The tensor of one of some names, or one of such a name under a prefix, the shortest; null if
   * there is none. It tells what a network has to be like before there is one.
   *
   * @param names the first ones go first
   */
  static HostTensor find(Map<String, HostTensor> tensors, List<String> names) {
    return tensors.keySet().stream()
        .filter(n -> !Weights.isTrainingOnly(n) && !n.contains(VggSpec.TIMM_HIDDEN))
        .flatMap(n -> names.stream().filter(end -> ("." + n).endsWith("." + end)).map(end -> n))
        .min(
            Comparator.comparing((String n) -> n.chars().filter(c -> c == '.').count())
                .thenComparing(
                    n -> names.stream().takeWhile(end -> !("." + n).endsWith("." + end)).count()))
        .map(tensors::get)
        .orElse(null);
  }

  /**
   * How many classes the last layer tells apart, under any of its names.
   *
   * @param otherwise if there is none
   */
  static int classes(Map<String, HostTensor> tensors, int otherwise) {
    HostTensor ofAnchors = find(tensors, List.of(ANCHOR_BIAS));
    if (ofAnchors != null) {
      return ofAnchors.numel() / AnchorGrid.PER_PLACE;
    }
    List<String> names = new ArrayList<>(HEADS.stream().map(head -> head + "bias").toList());
    names.add(PIXEL_BIAS);
    HostTensor bias = find(tensors, names);
    return bias == null ? otherwise : bias.numel();
  }

  /**
   * The tensors that are a network's: those under the prefix under which most of its parameters
   * have a tensor of their name and shape. It is taken off only if at least half of the parameters
   * are there, as parts of other networks have some of the same names.
   */
  static Group of(Parameters parameters, Map<String, HostTensor> tensors) {
    String prefix = prefix(parameters, tensors);
    Map<String, HostTensor> ours = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            String inner = name.substring(prefix.length());
            String known = nameIn(parameters, inner);
            // A file may have a layer of either name; the one that is ours goes first.
            String ourName = tensors.containsKey(prefix + known) ? inner : known;
            ours.put(ourName, asLinear(parameters.get(ourName), tensor));
          }
        });
    // A last layer may stand beside the rest of its network.
    List<String> outside =
        tensors.keySet().stream()
            .filter(name -> !name.startsWith(prefix) && !Weights.isTrainingOnly(name))
            .filter(
                name -> {
                  String known = nameIn(parameters, name);
                  return parameters.get(known) == null
                      || ours.putIfAbsent(known, tensors.get(name)) != null;
                })
            .toList();
    return new Group(prefix, ours, outside);
  }

  private static String prefix(Parameters parameters, Map<String, HostTensor> tensors) {
    Map<String, Fit> fits = new TreeMap<>();
    tensors.forEach(
        (name, tensor) -> {
          for (int from = 0; from <= name.lastIndexOf('.'); from = name.indexOf('.', from) + 1) {
            Parameter p = parameters.get(nameIn(parameters, name.substring(from)));
            if (p != null && !Weights.isTrainingOnly(name)) {
              Fit fit = fits.computeIfAbsent(name.substring(0, from), prefix -> new Fit());
              fit.named++;
              fit.shaped += Arrays.equals(p.shape(), asLinear(p, tensor).shape()) ? 1 : 0;
            }
          }
        });
    return fits.entrySet().stream()
        .filter(e -> e.getKey().isEmpty() || 2 * e.getValue().named >= parameters.all().size())
        .max(
            Comparator.comparingInt((Map.Entry<String, Fit> e) -> e.getValue().shaped)
                .thenComparingInt(e -> e.getValue().named)
                .thenComparingInt(e -> -e.getKey().length()))
        .map(Map.Entry::getKey)
        .orElse("");
  }

  /**
   * A convolution that sees all of a map at once, [out, in, h, w], as the linear layer that it is:
   * [out, in h w], whose columns go by channel, then pixel.
   */
  private static HostTensor asLinear(Parameter parameter, HostTensor tensor) {
    int[] to = parameter == null ? new int[0] : parameter.shape();
    int[] from = tensor.shape();
    boolean same =
        to.length == 2 && from.length == 4 && from[0] == to[0] && tensor.numel() == to[0] * to[1];
    return same ? new HostTensor(tensor.dtype(), to, tensor.data()) : tensor;
  }

  /** A convolution of a tower was every second of its layers, and is the first of a pair. */
  private static String inTower(MatchResult older) {
    return older.group(1) + Integer.parseInt(older.group(2)) / 2 + ".0." + older.group(3);
  }

  /**
   * The parameter's name for a tensor's: the last linear layer has several, and a network for
   * classification may become the body of another.
   */
  private static String nameIn(Parameters parameters, String name) {
    if (parameters.get(name) != null) {
      return name;
    }
    String today = OLDER_TOWER.matcher(name).replaceFirst(WeightNames::inTower);
    today = OLDER_PYRAMID.matcher(today).replaceFirst("$1.0.$2");
    if (parameters.get(today) != null) {
      return today;
    }
    for (String body : BODIES) {
      if (parameters.get(body + name) != null) {
        return body + name;
      }
    }
    for (Map.Entry<String, String> hidden : TIMM_VGG.entrySet()) {
      if (name.startsWith(hidden.getKey())) {
        return hidden.getValue() + name.substring(hidden.getKey().length());
      }
    }
    for (String theirs : HEADS) {
      if (name.equals(theirs + "weight") || name.equals(theirs + "bias")) {
        String end = name.substring(theirs.length());
        return HEADS.stream()
            .filter(ours -> parameters.get(ours + "weight") != null)
            .findFirst()
            .map(ours -> ours + end)
            .orElse(name);
      }
    }
    return name;
  }
}
