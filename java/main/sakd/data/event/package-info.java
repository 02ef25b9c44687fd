/**
 * Recordings of event cameras: readers of their formats, and the cutting into frames that a spiking
 * network sees step by step.
 */
package sakd.data.event;
