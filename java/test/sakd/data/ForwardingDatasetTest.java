package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.image.Distortion;
import sakd.data.set.DistortedDataset;

class ForwardingDatasetTest {
  /** What the interface derives from {@code info()} and {@code shape()}, and no set overrides. */
  private static final Set<String> DERIVED =
      Set.of("name", "channels", "height", "width", "classes", "classNames", "pixels");

  private static final Distortion JITTER = new Distortion(null, 0.5f, 0);

  /** Answers unlike the interface's own, as recordings or pictures of any size do. */
  private record Special(int side, int frames, boolean recordings, DatasetInfo info)
      implements Dataset {
    Special(boolean recordings) {
      this(
          14,
          1,
          recordings,
          new DatasetInfo("special", List.of("a", "b"), new float[3], new float[] {1, 1, 1}, true));
    }

    @Override
    public SampleShape shape() {
      return new SampleShape(frames, 3, side, side);
    }

    @Override
    public int size() {
      return 2;
    }

    @Override
    public int label(int index) {
      return index;
    }

    @Override
    public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
      target.put(new byte[shape.bytes()]);
      return Placement.whole(shape);
    }

    @Override
    public Dataset inSteps(int steps) {
      return new Special(side, steps, recordings, info);
    }

    @Override
    public Dataset sized(int newSide, int resized) {
      return new Special(newSide, frames, recordings, info);
    }

    @Override
    public int resized() {
      return side + 2;
    }

    @Override
    public int cropPadding() {
      return 0;
    }
  }

  /** A method that the class forgot would answer as the interface does, whatever the set says. */
  @Test
  void everyMethodIsForwarded() {
    List<String> forgotten =
        Arrays.stream(Dataset.class.getMethods())
            .filter(m -> !Modifier.isStatic(m.getModifiers()) && !DERIVED.contains(m.getName()))
            .filter(m -> !isDeclared(m))
            .map(Method::toString)
            .toList();
    assertEquals(List.of(), forgotten);
    Set<String> known =
        Arrays.stream(Dataset.class.getMethods()).map(Method::getName).collect(Collectors.toSet());
    assertTrue(known.containsAll(DERIVED), "no name is stale");
  }

  private static boolean isDeclared(Method method) {
    return Arrays.stream(ForwardingDataset.class.getDeclaredMethods())
        .anyMatch(
            m ->
                m.getName().equals(method.getName())
                    && Arrays.equals(m.getParameterTypes(), method.getParameterTypes()));
  }

  @Test
  void wrappersKeepWhatASetSays() {
    Dataset set = new Special(false);
    float[] mean = {0.9f, 0.9f, 0.9f};
    for (Dataset wrapped :
        List.of(
            set.normalised(mean, mean),
            new DistortedDataset(set, JITTER),
            RenumberedDataset.of(set, List.of("b", "a")),
            RenumberedDataset.of(set.normalised(mean, mean), List.of("b", "a")),
            new DistortedDataset(set.normalised(mean, mean), JITTER))) {
      assertEquals(16, wrapped.resized());
      assertEquals(0, wrapped.cropPadding());
      assertFalse(wrapped.rolls());
      assertTrue(new RolledDataset(wrapped, 3).rolls());
      Dataset other = wrapped.inSteps(3).sized(20, 22);
      assertSame(wrapped.getClass(), other.getClass(), "the wrapper stays around other forms");
      assertEquals(new SampleShape(3, 3, 20, 20), other.shape());
      assertArrayEquals(wrapped.info().mean(), other.info().mean());
      assertEquals(wrapped.label(0), other.label(0));
    }
    assertArrayEquals(
        mean, set.normalised(new float[3], mean).normalised(mean, mean).info().mean());
  }

  @Test
  void normalisedPicturesAreNoRecordings() {
    Dataset normalised = new Special(false).normalised(new float[3], new float[] {1, 1, 1});
    ByteBuffer target = ByteBuffer.allocate(normalised.shape().bytes());
    new DistortedDataset(normalised, JITTER).read(0, new SplitMix64(1), normalised.shape(), target);
    assertEquals(0, target.remaining());
    Dataset wrapped = new Special(true).normalised(new float[3], new float[] {1, 1, 1});
    UserError e = assertThrows(UserError.class, () -> new DistortedDataset(wrapped, JITTER));
    assertTrue(e.getMessage().contains("recordings"), e.getMessage());
  }
}
