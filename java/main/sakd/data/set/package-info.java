/**
 * Where samples come from: known data sets, folders and archives of pictures and of event
 * recordings, arrays in memory, and downloads. {@link sakd.data.set.Datasets} opens them by name or
 * by what a folder holds.
 */
package sakd.data.set;
