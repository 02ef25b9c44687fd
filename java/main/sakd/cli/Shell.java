package sakd.cli;

/** Command lines as a shell takes them. */
final class Shell {
  private Shell() {}

  /** An argument that a POSIX shell reads as it is: in single quotes where it has to be. */
  static String quoted(String argument) {
    return argument.matches("[A-Za-z0-9_@%+=:,./-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
