package sakd.data.set;

import java.util.List;
import sakd.data.ObjectBox;

/** Where pictures and the objects in them come from. */
interface BoxedPictures extends Pictures {
  /** The objects of a picture, all of them within it. */
  List<ObjectBox> objects(int index);
}
