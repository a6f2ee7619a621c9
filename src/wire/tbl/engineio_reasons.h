/* engineio_reasons.h - what can be wrong with a packet, and why a session ends.
 *
 * EIO_REASON(NAME, stable id for logs and metrics, meaning) */

/* clang-format off */
EIO_REASON(PACKET_EMPTY,  "EIO-PACKET-EMPTY",  "a packet without a type")
EIO_REASON(PACKET_TYPE,   "EIO-PACKET-TYPE",   "a packet of unknown type")
EIO_REASON(PACKET_UTF8,   "EIO-PACKET-UTF8",   "text is not UTF-8")
EIO_REASON(PACKET_BASE64, "EIO-PACKET-BASE64", "binary is not base64")
EIO_REASON(TOO_MANY,      "EIO-TOO-MANY",      "too many packets in a payload")
EIO_REASON(TOO_BIG,       "EIO-TOO-BIG",       "a payload over maxPayload")
EIO_REASON(SLOW,          "EIO-SLOW",          "too much waits for the client")
EIO_REASON(CLIENT_PING,   "EIO-CLIENT-PING",   "a ping from the client, which is the server's part")
EIO_REASON(PING_TIMEOUT,  "EIO-PING-TIMEOUT",  "no pong within pingTimeout")
EIO_REASON(GET_OVERLAP,   "EIO-GET-OVERLAP",   "a GET while another is parked")
EIO_REASON(POST_OVERLAP,  "EIO-POST-OVERLAP",  "a POST while another is read")
EIO_REASON(LOST,          "EIO-LOST",          "the client dropped its request or its WebSocket")
EIO_REASON(CLIENT_CLOSE,  "EIO-CLIENT-CLOSE",  "the client said close")
EIO_REASON(SERVER_CLOSE,  "EIO-SERVER-CLOSE",  "we said close")
/* clang-format on */
