package sakd.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import sakd.infer.ClassShares;
import sakd.infer.Detection;
import sakd.io.Json;

/**
 * Predictions as JSON, an object an image and line:
 *
 * <pre>
 *   {"image":"a.png","classes":[{"label":3,"class":"dress","probability":0.93}, ...]}
 *       and with --per-step "steps":[{"step":1,"classes":[...]}, ...]
 *   {"image":"a.png","classes":[{"label":0,"class":"background","share":0.71}, ...]}   of pixels
 *   {"image":"a.png","objects":[{"label":1,"class":"RBC","score":0.98,
 *       "left":3.1,"top":40,"right":62.5,"bottom":99}, ...]}
 *   {"image":"a.png","error":"..."}   if it cannot be read
 * </pre>
 */
record PredictionJson(PrintWriter out, IntFunction<String> names) implements PredictionWriter {
  @Override
  public void classes(
      String image, List<ClassShares.Share> likeliest, List<List<ClassShares.Share>> steps) {
    Map<String, Object> said = of(image);
    said.put("classes", shares(likeliest, "probability"));
    if (!steps.isEmpty()) {
      List<Object> each = new ArrayList<>();
      for (int t = 1; t <= steps.size(); t++) {
        Map<String, Object> step = new LinkedHashMap<>();
        step.put("step", t);
        step.put("classes", shares(steps.get(t - 1), "probability"));
        each.add(step);
      }
      said.put("steps", each);
    }
    out.println(Json.format(said));
  }

  @Override
  public void pixels(String image, List<ClassShares.Share> classes) {
    Map<String, Object> said = of(image);
    said.put("classes", shares(classes, "share"));
    out.println(Json.format(said));
  }

  @Override
  public void objects(String image, List<Detection> found) {
    Map<String, Object> said = of(image);
    said.put("objects", found.stream().map(this::object).toList());
    out.println(Json.format(said));
  }

  private Map<String, Object> object(Detection d) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("label", d.label());
    object.put("class", names.apply(d.label()));
    object.put("score", d.score());
    object.put("left", d.left());
    object.put("top", d.top());
    object.put("right", d.right());
    object.put("bottom", d.bottom());
    return object;
  }

  @Override
  public void unreadable(String image, String why) {
    Map<String, Object> said = of(image);
    said.put("error", why);
    out.println(Json.format(said));
  }

  private static Map<String, Object> of(String image) {
    Map<String, Object> said = new LinkedHashMap<>();
    said.put("image", image);
    return said;
  }

  private List<Map<String, Object>> shares(List<ClassShares.Share> shares, String called) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ClassShares.Share s : shares) {
      Map<String, Object> share = new LinkedHashMap<>();
      share.put("label", s.label());
      share.put("class", names.apply(s.label()));
      share.put(called, s.share());
      all.add(share);
    }
    return all;
  }
}
