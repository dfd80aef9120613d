import type { FrameworkFix, LanguageFix } from "./mistake.ts";

/** The lines that sign a delivery as the contract requires, one per step. */
export const DECODE_THE_SECRET: LanguageFix = {
  node: 'const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");',
  python: 'key = base64.b64decode(secret.removeprefix("whsec_"))',
  dotnet: 'byte[] key = Convert.FromBase64String(secret["whsec_".Length..]);',
  php: "$key = base64_decode(substr($secret, strlen('whsec_')));",
  go: 'key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))',
};

export const JOIN_WITH_DOTS: LanguageFix = {
  node: 'const message = Buffer.concat([Buffer.from(id + "." + timestamp + "."), body]);',
  python: 'message = f"{id}.{timestamp}.".encode() + body',
  dotnet: 'byte[] message = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];',
  php: '$message = "{$id}.{$timestamp}.{$body}";',
  go: 'message := append([]byte(id+"."+timestamp+"."), body...)',
};

export const HMAC_SHA256: LanguageFix = {
  node: 'const digest = createHmac("sha256", key).update(message).digest();',
  python: "digest = hmac.new(key, message, hashlib.sha256).digest()",
  dotnet: "byte[] digest = HMACSHA256.HashData(key, message);",
  php: "$digest = hash_hmac('sha256', $message, $key, true);",
  go: "mac := hmac.New(sha256.New, key); mac.Write(message); digest := mac.Sum(nil)",
};

export const WRITE_AS_BASE64: LanguageFix = {
  node: 'const signature = "v1," + digest.toString("base64");',
  python: 'signature = "v1," + base64.b64encode(digest).decode("ascii")',
  dotnet: 'string signature = "v1," + Convert.ToBase64String(digest);',
  php: "$signature = 'v1,' . base64_encode($digest);",
  go: 'signature := "v1," + base64.StdEncoding.EncodeToString(digest)',
};

export const UNIX_SECONDS: LanguageFix = {
  node: "const timestamp = String(Math.floor(Date.now() / 1000)); // read the clock once; sign and send this text",
  python: "timestamp = str(int(time.time()))  # read the clock once; sign and send this text",
  dotnet:
    "string timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(); // read the clock once; sign and send this text",
  php: "$timestamp = (string) time(); // read the clock once; sign and send this text",
  go: "timestamp := strconv.FormatInt(time.Now().Unix(), 10) // read the clock once; sign and send this text",
};

export const ID_OF_THE_EVENT: LanguageFix = {
  node: 'const id = event.id; // sign and send this id: headers["webhook-id"] = id',
  python: 'id = event["id"]  # sign and send this id: headers["webhook-id"] = id',
  dotnet: 'string id = evt.Id; // sign and send this id: request.Headers.Add("webhook-id", id)',
};

export const SEND_WHAT_WAS_SIGNED: LanguageFix = {
  node: 'const body = Buffer.from(JSON.stringify(event)); // serialise once; sign and send these bytes: fetch(url, { method: "POST", body })',
  python:
    "body = json.dumps(event).encode()  # serialise once; sign and send these bytes: requests.post(url, data=body), not json=",
  dotnet:
    "byte[] body = JsonSerializer.SerializeToUtf8Bytes(evt); // serialise once; sign and send these bytes: new ByteArrayContent(body)",
};

export const SEND_THE_HEADERS: LanguageFix = {
  node: 'const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };',
  python: 'headers = {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature}',
  dotnet: 'request.Headers.Add("webhook-signature", signature); // also add webhook-id and webhook-timestamp',
};

export const SIGN_EVERY_ATTEMPT: LanguageFix = {
  node: "const headers = await sign({ id, body, keys: secret }); // inside the retry loop",
  python: "timestamp = str(int(time.time()))  # inside the retry loop; then sign again",
  dotnet:
    "string timestamp = DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(); // inside the retry loop; then sign again",
};

/** The lines that keep the raw body. */
export const KEEP_THE_RAW_BODY: FrameworkFix = {
  express:
    'app.post("/hooks", express.raw({ type: () => true }), receive); // register before express.json(); req.body is then a Buffer',
  fastify:
    'app.addContentTypeParser("application/cloudevents+json", { parseAs: "buffer" }, (_, body, done) => done(null, body));',
  next: "const body = new Uint8Array(await request.arrayBuffer()); // not request.json(). In a file in pages/, add: export const config = { api: { bodyParser: false } }",
  flask: "body = request.get_data()  # not request.json",
  aspnet:
    "using var buffer = new MemoryStream(); await Request.Body.CopyToAsync(buffer); byte[] body = buffer.ToArray(); // no [FromBody]",
  lambda: 'const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");',
};

/** The fix for mistakes where a single delivery does not show which side changed the bytes. */
export const SAME_BYTES_ON_BOTH_SIDES: LanguageFix & FrameworkFix = {
  ...SEND_WHAT_WAS_SIGNED,
  ...KEEP_THE_RAW_BODY,
};

export const SET_THE_CLOCK = { line: "timedatectl set-ntp true" } as const;
