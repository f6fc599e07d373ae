package lab;

import java.util.Collection;
import java.util.Map;

/** Writes what a case saw as JSON: maps in their order, numbers, booleans, null; all else as text. */
final class Json {
  private Json() {}

  static String of(Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value);
    return out.toString();
  }

  private static void write(StringBuilder out, Object value) {
    if (value == null || value instanceof Boolean || value instanceof Number) {
      out.append(value);
    } else if (value instanceof Map<?, ?> map) {
      String separator = "{";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(separator);
        quote(out, String.valueOf(entry.getKey()));
        out.append(':');
        write(out, entry.getValue());
        separator = ",";
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof Collection<?> items) {
      String separator = "[";
      for (Object item : items) {
        out.append(separator);
        write(out, item);
        separator = ",";
      }
      out.append(items.isEmpty() ? "[]" : "]");
    } else {
      quote(out, value.toString());
    }
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    for (char each : text.toCharArray()) {
      if (each == '"' || each == '\\') out.append('\\').append(each);
      // Escaped beyond ASCII too: no console's encoding gets a say in what was observed.
      else if (each < 0x20 || each > 0x7e) out.append(String.format("\\u%04x", (int) each));
      else out.append(each);
    }
    out.append('"');
  }
}
