package com.example.meridian;

import java.util.LinkedHashMap;
import java.util.Map;

/** A call that failed. It is answered as an RFC 9457 problem; `detail` says what to do. */
final class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  final int status;
  private final String code;
  private final String title;

  Problem(int status, String code, String title, String detail) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
  }

  static Problem invalidBody(String detail) {
    return new Problem(400, "invalid_body", "Invalid body", detail);
  }

  static Problem invalidParameter(String detail) {
    return new Problem(400, "invalid_parameter", "Invalid parameter", detail);
  }

  static Problem unknown(String what) {
    return new Problem(
        404,
        "unknown_" + what,
        "Unknown " + what,
        "No " + what + " with this id is visible to this credential.");
  }

  static Problem deviceUnreachable(String detail) {
    return new Problem(409, "device_unreachable", "The device cannot be reached", detail);
  }

  Map<String, Object> body() {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "about:blank");
    body.put("title", title);
    body.put("status", status);
    body.put("detail", getMessage());
    body.put("code", code);
    return body;
  }
}
