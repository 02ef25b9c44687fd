/**
 * Training of one network: steps and epochs ({@link sakd.train.Trainer}), optimizers and schedules,
 * checkpoints.
 *
 * <p>What is minimised is an {@link sakd.task.Objective}; who wants to know how it goes is a {@link
 * sakd.train.Listener}.
 */
package sakd.train;
