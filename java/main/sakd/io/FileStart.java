package sakd.io;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What a file that is not what was looked for most likely is, by its first bytes: people's
 * downloads are web pages and pointers, and what they have is in other formats.
 */
public final class FileStart {
  /** So many bytes are enough. */
  static final int BYTES = 512;

  private static final String POINTER = "version https://git-lfs";
  private static final int TAR_MAGIC = 257;
  private static final int SHOWN = 8;

  private final byte[] head;
  private final String text;

  /**
   * @param head the first {@value #BYTES} bytes, fewer of a shorter file
   */
  FileStart(byte[] head) {
    this.head = head;
    this.text = new String(head, StandardCharsets.ISO_8859_1);
  }

  /** Of a file that is in memory. */
  public static FileStart of(byte[] content) {
    return new FileStart(Arrays.copyOf(content, Math.min(content.length, BYTES)));
  }

  /** Whether it is what a download leaves that went wrong: nothing, a page or a pointer. */
  public boolean isFailedDownload() {
    String start = characters().strip().toLowerCase(Locale.ROOT);
    return head.length == 0 || (isText() && (start.startsWith("<") || start.startsWith(POINTER)));
  }

  boolean startsWith(String bytes) {
    return text.startsWith(bytes);
  }

  /** Whether there is at least one byte and all are those of text. */
  boolean isText() {
    String characters = characters();
    return !characters.isBlank()
        && characters
            .chars()
            .allMatch(c -> (c >= ' ' && c != 0x7f && c != '\ufffd') || "\t\n\r\f".indexOf(c) >= 0);
  }

  /** In a sentence with "it is", with how the file starts; what to do about it follows. */
  public String kind() {
    if (head.length == 0) {
      return "an empty file";
    }
    if (isText()) {
      return textKind() + " that starts with \"" + IoErrors.excerpt(characters()) + '"';
    }
    String known = binaryKind();
    return known != null
        ? known
        : "of another format, its first bytes are "
            + HexFormat.ofDelimiter(" ").formatHex(head, 0, Math.min(SHOWN, head.length));
  }

  /** The text, in the encoding that a byte order mark tells, else UTF-8, its last letter whole. */
  private String characters() {
    if (startsWith("\u00ff\u00fe") || startsWith("\u00fe\u00ff")) {
      return new String(head, 0, head.length / 2 * 2, StandardCharsets.UTF_16);
    }
    int end = head.length;
    while (end > Math.max(0, head.length - 3) && head.length == BYTES && head[end - 1] < 0) {
      end--; // A letter of several bytes may be cut.
    }
    String decoded = StandardCharsets.UTF_8.decode(ByteBuffer.wrap(head, 0, end)).toString();
    return decoded.startsWith("\ufeff") ? decoded.substring(1) : decoded;
  }

  private String textKind() {
    String start = characters().strip().toLowerCase(Locale.ROOT);
    if (start.startsWith(POINTER)) {
      return "a Git LFS pointer (git lfs pull fetches the file itself)";
    }
    if (start.startsWith("<")) {
      return start.contains("<html") || start.startsWith("<!doctype html")
          ? "a web page"
          : "a text in XML or HTML";
    }
    return start.startsWith("{") || start.startsWith("[") ? "a text in JSON" : "a text";
  }

  private String binaryKind() {
    if (startsWith("\u0089HDF\r\n\u001a\n")) {
      return "an HDF5 file, as Keras writes";
    }
    if (startsWith("\u001f\u008b")
        || startsWith("BZh")
        || startsWith("\u00fd7zXZ")
        || startsWith("(\u00b5/\u00fd")) {
      return "a compressed file, which has to be unpacked first";
    }
    if (text.startsWith("ustar", TAR_MAGIC) || startsWith("7z\u00bc\u00af") || startsWith("Rar!")) {
      return "an archive, which has to be unpacked first";
    }
    if (startsWith("\u0093NUMPY")) {
      return "an array of NumPy (.npy)";
    }
    if (startsWith("GGUF") || text.startsWith("TFL3", 4)) {
      return startsWith("GGUF") ? "a GGUF file" : "a TensorFlow Lite model";
    }
    if (startsWith("\u0089PNG") || startsWith("\u00ff\u00d8\u00ff")) {
      return "a picture";
    }
    // A protobuf message: its version, a small number, and then the producer's name.
    boolean onnx = head.length > 2 && head[0] == 8 && head[1] > 0 && head[1] < 32 && head[2] == 18;
    return onnx ? "an ONNX model" : null;
  }
}
