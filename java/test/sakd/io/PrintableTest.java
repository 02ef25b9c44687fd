package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import sakd.base.UserError;

class PrintableTest {
  @Test
  void whatControlsATerminalIsShown() {
    assertEquals("\\u001b[31mred\\u0007", Printable.text("\u001b[31mred\u0007"));
    assertEquals("a\\u000db\\u009bc\\u007f\\u0000", Printable.text("a\rb\u009bc\u007f\0"));
    assertEquals("\\u202egnp.txt\\u2066\\u2028", Printable.text("\u202egnp.txt\u2066\u2028"));
    String plain = "\u00e9t\u00e9\t\u732b \ud83d\udc69\u200d\ud83d\ude80\n";
    assertEquals(plain, Printable.text(plain));
  }

  @Test
  void writersShowItHoweverItIsWritten() {
    StringWriter seen = new StringWriter();
    PrintWriter out = new PrintWriter(Printable.to(seen), true);
    out.printf("%s%n", "x\u001bc");
    out.println('\u001b');
    out.print(new char[] {'a', '\u001b'});
    out.append("12\u001b34", 1, 4).write(0x1b);
    out.flush();
    assertEquals(
        "x\\u001bc\n\\u001b\na\\u001b2\\u001b3\\u001b",
        seen.toString().replace(System.lineSeparator(), "\n"));
  }

  @Test
  void namesThatTheLocaleCannotSpellAreToldFromOthers() {
    assertTrue(FileNames.isSpelt("\u00e9t\u00e9 \ufffd", StandardCharsets.UTF_8));
    assertTrue(FileNames.isSpelt("plain", StandardCharsets.US_ASCII));
    assertTrue(!FileNames.isSpelt("\u00e9t\u00e9", StandardCharsets.US_ASCII));
    assertTrue(!FileNames.isSpelt("\ufffd\ufffdt", StandardCharsets.US_ASCII));
    assertTrue(!FileNames.isSpelt("\u732b", StandardCharsets.ISO_8859_1));
    assertEquals(Path.of("a", "b"), FileNames.path("a/b"));
    UserError e = assertThrows(UserError.class, () -> FileNames.path("a\0b"));
    assertTrue(e.getMessage().contains("zero byte"), e::getMessage);
  }
}
