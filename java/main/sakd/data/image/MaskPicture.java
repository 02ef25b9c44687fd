package sakd.data.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import sakd.io.ImageFiles;

/**
 * Masks as pictures that people and programs can read: PNG of 8 bits with a palette, whose indices
 * are the class numbers and whose colours are those of the VOC devkit.
 */
public final class MaskPicture {
  private static final int COLOURS = 256;

  private MaskPicture() {}

  /**
   * The colour of a class, as {@code VOClabelcolormap} has it: bits 0, 1 and 2 of the number are
   * the highest bits of red, green and blue, bits 3, 4 and 5 the next ones, and so on. Class 0 is
   * black and 255 nearly white.
   *
   * @param label from 0 to 255
   * @return red, green and blue in bits 23 to 16, 15 to 8 and 7 to 0
   */
  public static int colour(int label) {
    int colour = 0;
    for (int bit = 7, rest = label; rest != 0; bit--, rest >>= 3) {
      colour |= (rest & 1) << (16 + bit) | (rest >> 1 & 1) << (8 + bit) | (rest >> 2 & 1) << bit;
    }
    return colour;
  }

  /**
   * Encodes a mask as PNG with a palette.
   *
   * @param classes uint8 [H, W], class numbers
   */
  public static byte[] png(byte[] classes, int height, int width) {
    int[] palette = new int[COLOURS];
    for (int k = 0; k < COLOURS; k++) {
      palette[k] = colour(k);
    }
    IndexColorModel model =
        new IndexColorModel(Byte.SIZE, COLOURS, palette, 0, false, -1, DataBuffer.TYPE_BYTE);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, model);
    byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    System.arraycopy(classes, 0, pixels, 0, height * width);
    return ImageFiles.png(image);
  }

  /**
   * Encodes a picture under the colours of its mask as PNG, half of each; where the mask has class
   * 0, the background, the picture is as it was.
   *
   * @param picture uint8 [C, H, W] of one channel or of red, green and blue
   * @param classes uint8 [H, W]
   */
  public static byte[] overlay(
      byte[] picture, int channels, byte[] classes, int height, int width) {
    int area = height * width;
    byte[] mixed = new byte[3 * area];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < area; i++) {
        int value = picture[channels == 3 ? c * area + i : i] & 0xff;
        int label = classes[i] & 0xff;
        int colour = colour(label) >> (8 * (2 - c)) & 0xff;
        mixed[c * area + i] = (byte) (label == 0 ? value : (value + colour + 1) / 2);
      }
    }
    return ImageFiles.png(mixed, 3, height, width);
  }
}
