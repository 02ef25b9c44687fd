package sakd.data.image;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.function.Supplier;

/**
 * Keeps what a C library prints by itself off the user's terminal. libjpeg prints a line about each
 * damaged file to C's {@code stderr}; Leptonica counts these warnings, but lets nobody take them.
 * While such a call is under way the C library's variable {@code stderr} is a stream to /dev/null.
 * Java prints without that variable, so nothing of this program's own is lost.
 */
final class CMessages {
  /** Where the variable is; null where it may not be changed. */
  private static final Pointer STDERR = find();

  private static Pointer nowhere;
  private static Pointer kept;
  private static int calls;

  private CMessages() {}

  /** Only in GNU's C library is it sure to be a variable. */
  private static Pointer find() {
    try {
      NativeLibrary process = NativeLibrary.getProcess();
      process.getFunction("gnu_get_libc_version");
      return process.getGlobalVariableAddress("stderr");
    } catch (LinkageError e) {
      return null;
    }
  }

  /** Does the work, of this thread and of any others at the same time, without such messages. */
  static <T> T without(Supplier<T> work) {
    enter();
    try {
      return work.get();
    } finally {
      leave();
    }
  }

  private static synchronized void enter() {
    if (calls++ == 0 && STDERR != null) {
      if (nowhere == null) {
        nowhere = Function.getFunction("c", "fopen").invokePointer(new Object[] {"/dev/null", "w"});
      }
      if (nowhere != null) {
        kept = STDERR.getPointer(0);
        STDERR.setPointer(0, nowhere);
      }
    }
  }

  private static synchronized void leave() {
    if (--calls == 0 && kept != null) {
      STDERR.setPointer(0, kept);
      kept = null;
    }
  }
}
