/** Every mistake that a diagnosis can name, grouped by the part that is wrong. */
export type MistakeCode =
  | KeyFormCode
  | HeaderCode
  | SignatureTextCode
  | KeyCode
  | SchemeCode
  | LayoutCode
  | IdCode
  | TimestampCode
  | BodyCode
  | JsonCode
  | ClockCode;

/** The receiver's key differs from the key that was issued. */
export type KeyFormCode =
  | "no_key"
  | "key_has_v1_prefix"
  | "key_has_quotes"
  | "key_has_whitespace"
  | "key_base64url"
  | "key_unpadded"
  | "key_without_prefix"
  | "key_not_base64"
  | "key_length"
  | "too_many_keys"
  | "private_key_given";

/** Headers are missing or have other names. */
export type HeaderCode =
  | "missing_headers"
  | "missing_webhook_id"
  | "missing_webhook_timestamp"
  | "missing_webhook_signature"
  | "header_twice"
  | "header_too_long"
  | "svix_header_names"
  | "x_header_names"
  | "underscore_header_names"
  | "cgi_header_names"
  | "github_signature_header"
  | "stripe_signature_header"
  | "slack_signature_header"
  | "other_header_names"
  | "secret_in_header";

/** The text of the signature is not `v1,` followed by base64. */
export type SignatureTextCode =
  | "signature_malformed"
  | "signature_quoted"
  | "signature_whitespace"
  | "signature_percent_encoded"
  | "signature_plus_lost"
  | "signatures_joined_by_comma"
  | "signature_header_twice"
  | "too_many_signatures"
  | "signature_separator"
  | "signature_hash_name"
  | "signature_stripe_form"
  | "signature_scheme_word"
  | "signature_prefix_missing"
  | "signature_prefix_twice"
  | "signature_python_bytes"
  | "signature_version"
  | "only_v1a_signature"
  | "only_v1_signature"
  | "signature_hex"
  | "signature_hex_upper"
  | "signature_hex_dashes"
  | "signature_base64url"
  | "signature_unpadded"
  | "signature_base64_of_hex"
  | "signature_base64_twice"
  | "signature_case_changed"
  | "signature_truncated";

/** The HMAC key is not the decoded secret. */
export type KeyCode =
  | "secret_not_decoded"
  | "secret_prefix_in_key"
  | "secret_prefix_decoded"
  | "secret_v1_prefix_in_key"
  | "secret_read_as_hex"
  | "secret_as_hex_text"
  | "secret_newline"
  | "secret_quoted"
  | "secret_utf16"
  | "secret_case_changed"
  | "secret_not_set";

/** The hash is not HMAC-SHA256. */
export type SchemeCode = "sha1" | "sha384" | "sha512" | "plain_hash" | "hash_without_secret" | "hmac_swapped";

/** The signed message is not `id.timestamp.body`. */
export type LayoutCode =
  | "id_left_out"
  | "timestamp_left_out"
  | "body_only"
  | "body_left_out"
  | "wrong_order"
  | "slack_layout"
  | "version_in_message"
  | "wrong_separator";

/** The id is invalid, or a different id was signed. */
export type IdCode =
  | "id_has_dot"
  | "id_malformed"
  | "id_signed_is_event_id"
  | "id_case_changed"
  | "id_rewritten"
  | "id_signed_empty";

/** The signed timestamp differs from the header's. */
export type TimestampCode =
  | "timestamp_signed_in_milliseconds"
  | "timestamp_signed_with_fraction"
  | "timestamp_signed_as_iso"
  | "timestamp_taken_twice"
  | "retry_not_signed_again"
  | "timestamp_signed_in_other_zone"
  | "timestamp_signed_empty";

/** The signed bytes differ from the verified bytes. */
export type BodyCode =
  | "body_not_raw"
  | "body_empty"
  | "body_object_object"
  | "body_bom"
  | "body_final_newline"
  | "body_trimmed"
  | "body_line_endings"
  | "body_utf16"
  | "body_latin1"
  | "body_ascii"
  | "body_decoded_wrongly"
  | "body_unicode_normalised"
  | "body_json_twice"
  | "body_base64"
  | "body_signed_as_base64"
  | "body_compressed"
  | "body_form_encoded"
  | "body_buffer_json"
  | "body_hash_signed"
  | "body_python_bytes"
  | "body_python_dict"
  | "body_object_object_signed"
  | "body_bytes_as_text"
  | "data_member_only"
  | "one_event_of_batch";

/** The signed JSON has the same content in different bytes. */
export type JsonCode =
  | "json_compacted"
  | "json_python_spaces"
  | "json_indented"
  | "json_unescaped"
  | "json_non_ascii_escaped"
  | "json_html_escaped"
  | "json_slashes_escaped"
  | "json_keys_sorted"
  | "json_canonicalised"
  | "json_reparsed"
  | "json_nulls_dropped"
  | "json_keys_renamed"
  | "json_dates_rewritten";

/** The header's timestamp is not Unix seconds, or not current. */
export type ClockCode =
  | "timestamp_in_milliseconds"
  | "timestamp_too_precise"
  | "timestamp_has_fraction"
  | "timestamp_iso"
  | "timestamp_http_date"
  | "timestamp_malformed"
  | "timestamp_time_zone"
  | "timestamp_stale"
  | "clock_behind"
  | "clock_ahead";

/** A requirement of the contract that a mistake breaks. */
export type BrokenRequirement = "SIG-001" | "SIG-002" | "SIG-003" | "DLV-003" | "SEC-002" | "RCV-001";

/** The line to write, by language. */
export interface LanguageFix {
  readonly node: string;
  readonly python: string;
  readonly dotnet: string;
  readonly php?: string;
  readonly go?: string;
}

/** How to keep the raw body, by framework. */
export interface FrameworkFix {
  readonly express: string;
  readonly fastify: string;
  readonly next: string;
  readonly flask: string;
  readonly aspnet: string;
  readonly lambda: string;
}

/** The line of code to write: one for all languages, or one per language, per framework, or both. */
export type Fix = { readonly line: string } | LanguageFix | FrameworkFix | (LanguageFix & FrameworkFix);

/** One thing that is wrong. Contains no key, no signature and nothing copied from the delivery. */
export interface Mistake {
  /** The code of the mistake. It is stable, so branch on it. */
  readonly code: MistakeCode;
  readonly title: string;
  /** What is wrong, in a sentence or two. */
  readonly explanation: string;
  readonly fix: Fix;
  /**
   * The side that must change. `between` means a proxy or gateway. `either` means that a single delivery does
   * not show the side.
   */
  readonly where: "sender" | "receiver" | "between" | "either";
  readonly requirement: BrokenRequirement;
}
