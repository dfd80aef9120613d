package com.example.meridian;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads members of a call's body; a wrong one is answered with 400 `invalid_body`. */
final class Bodies {
  private Bodies() {}

  static String text(JsonNode body, String member, int maxLength) {
    String value = optionalText(body, member, maxLength);
    if (value == null) throw Problem.invalidBody("The body needs " + member + ".");
    return value;
  }

  /** A text that is not empty, or null if the member is absent or null. */
  static String optionalText(JsonNode body, String member, int maxLength) {
    JsonNode value = body.get(member);
    if (value == null || value.isNull()) return null;
    String text = textOrEmpty(body, member, maxLength);
    if (text.isEmpty()) throw Problem.invalidBody(member + " must not be empty.");
    return text;
  }

  /** A text that may be empty, or null if the member is absent or null. */
  static String textOrEmpty(JsonNode body, String member, int maxLength) {
    JsonNode value = body.get(member);
    if (value == null || value.isNull()) return null;
    if (!value.isTextual()) throw Problem.invalidBody(member + " must be a text.");
    if (value.textValue().length() > maxLength) {
      throw Problem.invalidBody(member + " must have at most " + maxLength + " characters.");
    }
    return value.textValue();
  }
}
