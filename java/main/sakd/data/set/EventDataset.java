package sakd.data.set;

import java.lang.ref.SoftReference;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Fingerprint;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.event.EventReader;
import sakd.data.event.Events;
import sakd.data.event.FrameSplit;
import sakd.io.IoErrors;

/**
 * Recordings of an event camera, cut into as many frames {@code [2, H, W]} of event counts as the
 * network has steps, so that its input differs at every step. Frames are made when they are first
 * asked for, and kept as long as memory lasts.
 *
 * <p>What is normalised are the counts themselves: mean 0 and a deviation of 1 / 255.
 */
final class EventDataset implements Dataset {
  private final DatasetInfo info;
  private final SampleShape shape;
  private final Sensor sensor;
  private final List<Recording> recordings;
  private final FrameSplit split;
  private final boolean dropsOutside;
  private final AtomicReferenceArray<SoftReference<byte[]>> kept;

  /** Kept, as it asks for every file; null as long as nobody asked. */
  private String fingerprint;

  /**
   * @param shape frames, 2 polarities, and the size of frames, at most the sensor's
   * @param recordings those of one file beside each other
   * @param dropsOutside whether events outside the sensor are left out, or else refused
   */
  EventDataset(
      DatasetInfo info,
      SampleShape shape,
      Sensor sensor,
      List<Recording> recordings,
      FrameSplit split,
      boolean dropsOutside) {
    this.info = info;
    this.shape = shape;
    this.sensor = sensor;
    this.recordings = recordings;
    this.split = split;
    this.dropsOutside = dropsOutside;
    this.kept = new AtomicReferenceArray<>(recordings.size());
  }

  @Override
  public DatasetInfo info() {
    return info;
  }

  @Override
  public SampleShape shape() {
    return shape;
  }

  @Override
  public int size() {
    return recordings.size();
  }

  @Override
  public int label(int index) {
    return recordings.get(index).label();
  }

  @Override
  public boolean recordings() {
    return true;
  }

  @Override
  public synchronized String fingerprint() {
    if (fingerprint == null) {
      Fingerprint all = Fingerprint.of(this);
      for (int i = 0; i < recordings.size(); i++) {
        Recording recording = recordings.get(i);
        all.add(recording.file(), i, recordings.size());
        all.add(recording.from()).add(recording.to());
      }
      fingerprint = all.hex();
    }
    return fingerprint;
  }

  @Override
  public Dataset inSteps(int steps) {
    return shaped(new SampleShape(steps, shape.channels(), shape.height(), shape.width()));
  }

  @Override
  public SampleShape recorded() {
    return new SampleShape(shape.frames(), shape.channels(), sensor.height(), sensor.width());
  }

  @Override
  public Dataset sized(int side, int resized) {
    if (side > Math.min(sensor.height(), sensor.width())) {
      throw new UserError(
          "frames of "
              + side
              + "x"
              + side
              + " are larger than the sensor of "
              + info.name()
              + ", "
              + sensor
              + "; expected --image-size up to "
              + Math.min(sensor.height(), sensor.width())
              + ", give such a number or leave it out");
    }
    return shaped(new SampleShape(shape.frames(), shape.channels(), side, side));
  }

  private Dataset shaped(SampleShape other) {
    return other.equals(shape)
        ? this
        : new EventDataset(info, other, sensor, recordings, split, dropsOutside);
  }

  @Override
  public Placement read(int index, SplitMix64 random, SampleShape as, ByteBuffer target) {
    SoftReference<byte[]> reference = kept.get(index);
    byte[] frames = reference == null ? null : reference.get();
    target.put(frames == null ? integrate(index) : frames);
    return Placement.whole(shape);
  }

  /** Reads a file, and cuts every recording in it: a file of many is large. */
  private byte[] integrate(int index) {
    Recording wanted = recordings.get(index);
    Events events = EventReader.read(wanted.file());
    byte[] frames = frames(wanted, events);
    kept.set(index, new SoftReference<>(frames));
    for (int step : new int[] {-1, 1}) {
      for (int i = index + step; i >= 0 && i < size(); i += step) {
        Recording other = recordings.get(i);
        if (!other.file().equals(wanted.file())) {
          break;
        }
        kept.set(i, new SoftReference<>(frames(other, events)));
      }
    }
    return frames;
  }

  private byte[] frames(Recording recording, Events events) {
    Events part = recording.isWhole() ? events : events.between(recording.from(), recording.to());
    if (part.size() == 0) {
      throw IoErrors.damaged(
          recording.file(),
          "no event is of " + recording.from() + " to " + recording.to() + " microseconds",
          "those of a sample in its table");
    }
    if (dropsOutside) {
      part = part.within(sensor.height(), sensor.width());
      if (part.size() == 0) {
        throw new UserError(
            recording.file()
                + ": no event lies within the sensor of "
                + sensor
                + "; expected the one that it was recorded with, give that by --sensor HxW");
      }
    }
    try {
      return part.frames(
          shape.frames(), sensor.height(), sensor.width(), split, shape.height(), shape.width());
    } catch (IllegalArgumentException e) {
      throw new UserError(
          recording.file()
              + ": "
              + e.getMessage()
              + "; expected the "
              + sensor
              + " pixels of the sensor, fix the recording or give --sensor HxW, which drops what"
              + " lies outside",
          e);
    }
  }
}
