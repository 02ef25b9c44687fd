/**
 * Networks in the formats of others: a {@link sakd.export.Tracer} writes down what a network does
 * as a {@link sakd.export.NetworkGraph}, which becomes a NIR file or an ONNX model.
 */
package sakd.export;
