/** Measurements of a device: every operation is compared with the reference before it is timed. */
package sakd.bench;
