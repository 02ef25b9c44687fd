/**
 * What a network can be trained for: the {@link sakd.task.Objective} of a training step with the
 * names of its losses, and the scores by which an evaluation judges ({@link sakd.task.Task}), the
 * first of which decides which epoch is the best.
 */
package sakd.task;
