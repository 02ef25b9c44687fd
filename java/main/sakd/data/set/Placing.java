package sakd.data.set;

import sakd.base.SplitMix64;
import sakd.data.Placement;

/** How pictures of any size come into a batch. */
interface Placing {
  /** The whole picture, as evaluation sees it. */
  Placement evaluation(int width, int height);

  /** A view of the picture at random, no larger than training's canvas. */
  Placement training(int width, int height, SplitMix64 random);

  /** What the shorter side of a picture becomes, in pixels; 0 if pictures keep their size. */
  int base();
}
