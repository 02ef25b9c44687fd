/**
 * Files in the formats of the field: safetensors, PyTorch's checkpoints and npy, read strictly and
 * written atomically; files from the web, by their published checksums; and what a process finds
 * around it: folders, the locale's spelling of names, a terminal.
 *
 * <p>Every reader checks a length it was told against the size the file really has before it
 * allocates, and reports a damaged file as one {@link sakd.base.UserError}.
 */
package sakd.io;
