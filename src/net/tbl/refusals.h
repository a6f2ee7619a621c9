/* refusals.h - why a request is refused before anybody above sees it.
 *
 * REFUSAL(NAME, status, stable id for logs, detail sent to the client) */

/* clang-format off */
REFUSAL(LINE,          400, "HTTP-BAD-LINE",      "the request line is not well-formed")
REFUSAL(METHOD,        400, "HTTP-BAD-METHOD",    "the method is not a token of at most 32 characters")
REFUSAL(TARGET,        400, "HTTP-BAD-TARGET",    "the request target is not valid")
REFUSAL(NO_VERSION,    400, "HTTP-NO-VERSION",    "the request line names no protocol version")
REFUSAL(VERSION_FORM,  400, "HTTP-BAD-VERSION",   "the protocol version is not well-formed")
REFUSAL(VERSION,       505, "HTTP-VERSION",       "only HTTP/1.1 and HTTP/1.0 are spoken here")
REFUSAL(LINE_END,      400, "HTTP-LINE-END",      "a line does not end with CRLF")
REFUSAL(LINE_FOLD,     400, "HTTP-LINE-FOLD",     "a header line begins with a blank")
REFUSAL(FIELD,         400, "HTTP-BAD-FIELD",     "a header field is not well-formed")
REFUSAL(FIELD_COUNT,   431, "HTTP-MANY-FIELDS",   "too many header fields")
REFUSAL(LINE_TOO_LONG, 414, "HTTP-LONG-TARGET",   "the request target is too long")
REFUSAL(HEAD_TOO_LONG, 431, "HTTP-LONG-HEAD",     "the header fields are too large")
REFUSAL(HOST,          400, "HTTP-BAD-HOST",      "Host is missing, repeated or not valid")
REFUSAL(LENGTH,        400, "HTTP-BAD-LENGTH",    "Content-Length is repeated or not a number")
REFUSAL(CODING,        400, "HTTP-BAD-CODING",    "Transfer-Encoding must be chunked, once, in HTTP/1.1, without Content-Length")
REFUSAL(EXPECT,        417, "HTTP-EXPECT",        "the expectation can't be met")
REFUSAL(BODY_TOO_LONG, 413, "HTTP-LONG-BODY",     "the body is larger than this route takes")
REFUSAL(CHUNK_SIZE,    400, "HTTP-CHUNK-SIZE",    "a chunk size is not well-formed")
REFUSAL(CHUNK_EXT,     400, "HTTP-CHUNK-EXT",     "chunk extensions are not well-formed or too large")
REFUSAL(CHUNK_END,     400, "HTTP-CHUNK-END",     "a chunk does not end where it should")
REFUSAL(TRAILER,       400, "HTTP-BAD-TRAILER",   "a trailer field is not well-formed")
REFUSAL(TRAILER_LONG,  431, "HTTP-LONG-TRAILER",  "the trailer fields are too large")
REFUSAL(HANDSHAKE,     400, "WS-BAD-HANDSHAKE",   "the WebSocket handshake is not well-formed")
REFUSAL(WS_VERSION,    426, "WS-VERSION",         "only version 13 of the WebSocket protocol is spoken here")
REFUSAL(HEAD_SLOW,     408, "HTTP-SLOW-HEAD",     "the request head did not arrive in time")
REFUSAL(BODY_SLOW,     408, "HTTP-SLOW-BODY",     "the request body did not arrive in time")
/* clang-format on */
