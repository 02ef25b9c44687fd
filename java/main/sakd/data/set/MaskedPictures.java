package sakd.data.set;

/** Where pictures and their masks come from. */
interface MaskedPictures extends Pictures {
  /**
   * The class of each pixel of a picture, or {@link sakd.data.Targets#IGNORED}, row by row.
   *
   * @throws sakd.base.UserError if the mask is damaged, of another size, or has a value without a
   *     class
   */
  byte[] mask(int index);
}
