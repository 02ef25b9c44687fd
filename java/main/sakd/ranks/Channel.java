package sakd.ranks;

import java.util.Collection;

/** How a process reaches the others: rank 0 all of them, the others rank 0. */
interface Channel {
  /** As {@link World#broadcast}. */
  byte[] broadcast(byte[] bytes);

  /** Tells the others what has become of this process. */
  void tell(News news);

  /** Takes over {@link World#seconds}. */
  void patience();

  /** Waits a moment for what was told to arrive, before the process ends. */
  void linger();

  /** Says goodbye, and waits for the others to say so too. */
  void leave();

  /** Every process. */
  Collection<Peer> peers();

  /** How many processors' time is this process's. */
  double processors();
}
