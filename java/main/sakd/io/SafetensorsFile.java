package sakd.io;

import java.util.Map;

/**
 * What a safetensors file holds.
 *
 * @param metadata free text by key, empty if the file has none
 * @param tensors the tensors by name, in the order of the file's header
 */
public record SafetensorsFile(Map<String, String> metadata, Map<String, HostTensor> tensors) {}
