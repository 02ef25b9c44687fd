package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void parsesEveryKindOfValue() throws Json.SyntaxException {
    Object value =
        Json.parse(
            " {\"a\" : [1, -2.5, 1e3, true, false, null, [], {}],\n\"b\":\"x\\n\\u00e9\\\"\\/\"}\t");
    Map<?, ?> map = (Map<?, ?>) value;
    List<?> list = (List<?>) map.get("a");
    assertEquals(List.of(1L, -2.5, 1000.0, true, false), list.subList(0, 5));
    assertEquals(null, list.get(5));
    assertEquals(List.of(), list.get(6));
    assertEquals(Map.of(), list.get(7));
    assertEquals("x\n\u00e9\"/", map.get("b"));
  }

  @Test
  void wholeNumbersAreLongWhereTheyFit() throws Json.SyntaxException {
    assertEquals(Long.MAX_VALUE, Json.parse("9223372036854775807"));
    assertEquals(0x1p63, Json.parse("9223372036854775808"));
    assertEquals("\ud83d\ude00", Json.parse("\"\\ud83d\\ude00\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"a\":2}",
        "[1 2]",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "1e999",
        "NaN",
        "tru",
        "'a'",
        "\"a",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "1 2",
        "1\u0000",
        "\u00a01",
        "// x\n1"
      })
  void refuses(String text) {
    assertThrows(Json.SyntaxException.class, () -> Json.parse(text));
  }

  @Test
  void depthIsBounded() throws Json.SyntaxException {
    Json.parse("[".repeat(60) + "]".repeat(60));
    assertThrows(Json.SyntaxException.class, () -> Json.parse("[".repeat(100_000)));
    assertThrows(Json.SyntaxException.class, () -> Json.parse("{\"a\":".repeat(100_000)));
  }

  /** Parsed, or refused as no JSON: nothing else comes of damage. */
  @Test
  void survivesDamage() {
    byte[] valid =
        "{\"a\":[1,-2.5e3,true,null,{\"b\\u00e9\":\"\\n\",\"c\":[]}],\"d\":\"e\"}"
            .getBytes(StandardCharsets.ISO_8859_1);
    int[] refused = new int[1];
    Mutants.of(valid, valid.length, 0, 1_000)
        .forEach(
            mutant -> {
              try {
                Json.parse(new String(mutant, StandardCharsets.ISO_8859_1));
              } catch (Json.SyntaxException e) {
                refused[0]++;
              }
            });
    assertTrue(refused[0] > 500 && refused[0] < 1_000, refused[0] + " of 1,000 were refused");
  }

  @Test
  void formatIsParsedBack() throws Json.SyntaxException {
    Object value = Json.parse("{\"k\\\"\\u0001\\\\\":[1,2.5,\"\u00e9\\n\",null,true,{}],\"\":[]}");
    assertEquals(value, Json.parse(Json.format(value)));
    assertThrows(IllegalArgumentException.class, () -> Json.format(Double.NaN));
  }
}
