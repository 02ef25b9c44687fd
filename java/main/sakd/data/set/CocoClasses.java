package sakd.data.set;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.io.IoErrors;

/**
 * The class numbers of a file of COCO's form. Category ids are the numbers, as in torchvision: COCO
 * has 80 categories with ids up to 90, so that there are 91 classes with the background, and those
 * between are called N/A. Where ids begin at 0 or lie far apart, categories are numbered from 1 in
 * their order.
 *
 * @param names by class number
 * @param numbers by category id
 */
record CocoClasses(List<String> names, Map<Long, Integer> numbers) {
  /** Ids up to so many times the number of categories are the class numbers. */
  private static final int SPARSEST = 2;

  static CocoClasses of(SortedMap<Long, String> categories) {
    List<String> names = new ArrayList<>(List.of(BoxPart.BACKGROUND));
    Map<Long, Integer> numbers = new HashMap<>();
    boolean ids =
        !categories.isEmpty()
            && categories.firstKey() >= 1
            && categories.lastKey() <= (long) SPARSEST * categories.size();
    categories.forEach(
        (id, name) -> {
          if (ids) {
            names.addAll(Collections.nCopies((int) (id - names.size()), ClassNames.UNUSED));
          }
          numbers.put(id, names.size());
          names.add(name);
        });
    return new CocoClasses(names, numbers);
  }

  /** The same classes for a file whose categories may have other ids: those of the same names. */
  CocoClasses naming(SortedMap<Long, String> categories) {
    if (of(categories).equals(this)) {
      return this;
    }
    List<Long> ids = List.copyOf(categories.keySet());
    int[] found = ClassNames.find(names, List.copyOf(categories.values()));
    Map<Long, Integer> byName = new HashMap<>();
    for (int i = 0; i < found.length; i++) {
      if (found[i] > 0) {
        byName.put(ids.get(i), found[i]);
      }
    }
    return new CocoClasses(names, byName);
  }

  /**
   * The class of an object.
   *
   * @param categories of the file, for the message
   * @throws UserError if the file does not have the category, or training lacks it
   */
  int number(Path file, SortedMap<Long, String> categories, long id) {
    Integer number = numbers.get(id);
    if (number == null) {
      String name = categories.get(id);
      throw name == null
          ? IoErrors.damaged(
              file, "an annotation has the category_id " + id, "one of its categories")
          : new UserError(
              file
                  + " has objects of the class "
                  + IoErrors.excerpt(name)
                  + ", which training lacks; expected some or all of "
                  + ClassNames.some(names.subList(1, names.size()))
                  + ", rename the category or take it out");
    }
    return number;
  }
}
