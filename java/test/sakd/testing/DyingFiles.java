package sakd.testing;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The machine's files, seen through paths on which the power fails at a chosen moment: everything
 * that changes what is on the disk counts as a step, the chosen one is not done (of a write, a part
 * is), and nothing can be done after it.
 */
public final class DyingFiles extends FileSystemProvider {
  /** Stands for the power that fails. */
  public static final class Died extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final int last;
  private final double share;
  private final List<String> steps = new ArrayList<>();
  private final FileSystem system = new System();

  /**
   * @param last how many steps are done
   * @param share of the bytes of the step after them that are written, in [0, 1), if it is a write
   */
  public DyingFiles(int last, double share) {
    this.last = last;
    this.share = share;
  }

  /** The path on which the power fails. */
  public Path path(Path real) {
    return (Path)
        Proxy.newProxyInstance(
            Path.class.getClassLoader(),
            new Class<?>[] {Path.class},
            (proxy, method, args) -> {
              switch (method.getName()) {
                case "getFileSystem":
                  return system;
                case "toRealPath":
                  return path(real.toRealPath((LinkOption[]) args[0]));
                case "iterator":
                  List<Path> names = new ArrayList<>();
                  real.forEach(name -> names.add(path(name)));
                  return names.iterator();
                default:
              }
              Object[] plain =
                  args == null
                      ? null
                      : Arrays.stream(args).map(a -> a instanceof Path p ? real(p) : a).toArray();
              try {
                Object result = method.invoke(real, plain);
                return result instanceof Path p ? path(p) : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** The machine's own path. */
  public static Path real(Path path) {
    return path.getFileSystem() instanceof System ? Path.of(path.toString()) : path;
  }

  /** Every step that was begun: what it does, and to which file; numbers are told as 0. */
  public synchronized List<String> steps() {
    return List.copyOf(steps);
  }

  /** Counts a step, which is not done if it is the one after the last. */
  void step(String what, Path path) {
    if (!begin(what, path)) {
      throw new Died();
    }
  }

  /** Counts a write; the bytes of it that get to the disk, fewer than all if it is not done. */
  int written(int bytes, Path path) {
    return begin("write", path) ? bytes : (int) (share * bytes);
  }

  /** Counts a step, and tells whether it is done. */
  private synchronized boolean begin(String what, Path path) {
    if (steps.size() > last) {
      throw new Died();
    }
    String name = path.getParent().getFileName() + "/" + path.getFileName();
    steps.add(what + " " + name.replaceAll("\\.[0-9a-f]{8}\\.", ".~.").replaceAll("[0-9]+", "0"));
    return steps.size() <= last;
  }

  private static boolean writes(Set<? extends OpenOption> options) {
    return options.contains(StandardOpenOption.WRITE)
        || options.contains(StandardOpenOption.APPEND);
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    Path real = real(path);
    if (writes(options) && !Files.exists(real)) {
      step("create", real);
    }
    // Nothing waits for the disk: what was written is there, as after the death of a process.
    Set<OpenOption> fast = new HashSet<>(options);
    fast.removeAll(Set.of(StandardOpenOption.SYNC, StandardOpenOption.DSYNC));
    return new DyingChannel(this, real, FileChannel.open(real, fast, attributes));
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
    Path real = real(folder);
    if (!Files.exists(real)) {
      step("folder", real);
    }
    Files.createDirectory(real, attributes);
  }

  @Override
  public void delete(Path path) throws IOException {
    Path real = real(path);
    if (Files.exists(real, LinkOption.NOFOLLOW_LINKS)) {
      step("delete", real);
    }
    Files.delete(real);
  }

  @Override
  public void move(Path from, Path to, CopyOption... options) throws IOException {
    step("rename", real(to));
    Files.move(real(from), real(to), options);
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) {
    throw new UnsupportedOperationException("a run copies no files");
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    DirectoryStream<Path> inner = Files.newDirectoryStream(real(folder));
    List<Path> found = new ArrayList<>();
    try (inner) {
      for (Path file : inner) {
        if (filter.accept(path(file))) {
          found.add(path(file));
        }
      }
    }
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return found.iterator();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public boolean isSameFile(Path one, Path other) throws IOException {
    return Files.isSameFile(real(one), real(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return Files.isHidden(real(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return Files.getFileStore(real(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    Path real = real(path);
    real.getFileSystem().provider().checkAccess(real, modes);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return Files.getFileAttributeView(real(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return Files.readAttributes(real(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
      throws IOException {
    return Files.readAttributes(real(path), attributes, options);
  }

  @Override
  public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
    throw new UnsupportedOperationException("a run sets no attributes");
  }

  @Override
  public String getScheme() {
    return "dying";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return system;
  }

  @Override
  public Path getPath(URI uri) {
    throw new UnsupportedOperationException();
  }

  private final class System extends FileSystem {
    private final FileSystem machine = java.nio.file.FileSystems.getDefault();

    @Override
    public FileSystemProvider provider() {
      return DyingFiles.this;
    }

    @Override
    public void close() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public boolean isReadOnly() {
      return false;
    }

    @Override
    public String getSeparator() {
      return machine.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
      return machine.getRootDirectories();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
      return machine.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
      return machine.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
      return path(machine.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String pattern) {
      PathMatcher matcher = machine.getPathMatcher(pattern);
      return p -> matcher.matches(real(p));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
      return machine.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() {
      throw new UnsupportedOperationException();
    }
  }
}
