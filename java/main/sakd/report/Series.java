package sakd.report;

/**
 * A network's values in a chart.
 *
 * @param look how it is drawn: colour, dashes and marker
 * @param thin whether it only accompanies another, as the score on training images does
 * @param x where its points are; of bars not read
 * @param y its values; NaN for none, in bars alone
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Series(Look look, boolean thin, double[] x, double[] y) {}
