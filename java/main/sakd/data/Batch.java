package sakd.data;

import java.nio.ByteBuffer;

/**
 * Some samples with what is to be found in them, and how the device moves and mixes them: a batch,
 * or the part of it that is computed here at once ({@link Parts}).
 *
 * <p>{@code images} is valid until the next call of {@code next} or {@code close} of the {@link
 * Epoch} it came from, which then fills it anew; the arrays are the batch's own.
 *
 * @param images uint8 {@code [size, frames, C, H, W]} from position 0 to the limit; a direct buffer
 * @param shape of each sample here: that of the set, or where samples differ in size, which holds
 *     the largest of the whole batch
 * @param targets of each sample, in their order
 * @param shifts dy and dx of each image and 1 if it is flipped, 2 if it rolls, 3 for both, {@code
 *     [size, 3]}, as {@link Augment} defines them; all 0 without augmentation
 * @param mix how the samples are mixed in pairs, or null if they are not
 * @param draw what the batch's other random numbers, those of dropout, are made from: it depends on
 *     the seed, the epoch and the batch's number alone
 * @param size the number of samples here
 * @param number of the batch in its epoch, from 0
 * @param places of each sample in the whole batch, from 0
 * @param whole how many samples that has
 * @param weight of the mean over the samples here in the mean over the whole batch, in (0, 1]
 * @param counted whether these samples count in sums over the whole batch; else they are computed
 *     elsewhere too, and count there
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Batch(
    ByteBuffer images,
    SampleShape shape,
    Targets targets,
    int[] shifts,
    Mixing.Mix mix,
    long draw,
    int size,
    int number,
    int[] places,
    int whole,
    float weight,
    boolean counted) {}
