package sakd.base;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
  @ParameterizedTest
  @CsvSource({
    "4, 4",
    "5e-4, 0.0005",
    "0.1, 0.1",
    "1e-10, 0.0000000001",
    "-2.5e7, -25000000",
    "0, 0",
    "-0.0, 0",
    "NaN, NaN",
    "Infinity, Infinity"
  })
  void numbersHaveNoExponentAndNoNeedlessDigits(String value, String written) {
    assertEquals(written, Numbers.plain(Double.parseDouble(value)));
    assertEquals(written, Numbers.plain(Float.parseFloat(value)));
  }

  @ParameterizedTest
  @CsvSource({"0.1, 0.1", "0.00170371, 0.001704", "2.4671e-5, 0.00002467", "65536, 65540", "0, 0"})
  void roundedNumbersKeepTheirFirstDigits(double value, String written) {
    assertEquals(written, Numbers.rounded(value, 4));
  }

  @ParameterizedTest
  @CsvSource({"0, 0 epochs", "1, 1 epoch", "2, 2 epochs"})
  void oneIsSingular(int n, String written) {
    assertEquals(written, Numbers.count(n, "epoch"));
    assertEquals(
        written.replace("epochs", "classes").replace("epoch", "class"),
        Numbers.count(n, "class", "classes"));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0 s",
    "8.66, 8.7 s",
    "59.94, 59.9 s",
    "59.96, 1 min",
    "202.4, 3 min 22 s",
    "3599.4, 59 min 59 s",
    "3599.6, 1 h",
    "3929, 1 h 5 min",
    "86399, 1 d",
    "187200, 2 d 4 h"
  })
  void timesHaveTwoUnits(double seconds, String written) {
    assertEquals(written, Numbers.duration(seconds));
  }

  @ParameterizedTest
  @CsvSource({"88080384, 84 MiB", "1610612736, 1.50 GiB"})
  void memoryIsInWhatItsSizeAsksFor(long bytes, String written) {
    assertEquals(written, Numbers.bytes(bytes));
  }
}
