/* ws_errors.h - what a peer can do wrong on a WebSocket, and the close code that answers it.
 *
 * WS_ERROR(NAME, close code, stable id for logs and metrics, reason sent in the Close frame) */

/* clang-format off */
WS_ERROR(RSV_BITS,         1002, "WS-RSV-BITS",         "reserved bits are set")
WS_ERROR(OPCODE,           1002, "WS-OPCODE",           "reserved opcode")
WS_ERROR(UNMASKED,         1002, "WS-UNMASKED",         "a client's frame must be masked")
WS_ERROR(MASKED,           1002, "WS-MASKED",           "a server's frame must not be masked")
WS_ERROR(LENGTH_FORM,      1002, "WS-LENGTH-FORM",      "length is not in its shortest form")
WS_ERROR(CONTROL_FRAGMENT, 1002, "WS-CONTROL-FRAGMENT", "control frame in fragments")
WS_ERROR(CONTROL_SIZE,     1002, "WS-CONTROL-SIZE",     "control frame over 125 bytes")
WS_ERROR(CONTINUATION,     1002, "WS-CONTINUATION",     "nothing to continue")
WS_ERROR(INTERLEAVED,      1002, "WS-INTERLEAVED",      "new message inside a fragmented one")
WS_ERROR(CLOSE_BODY,       1002, "WS-CLOSE-BODY",       "close code of one byte")
WS_ERROR(CLOSE_CODE,       1002, "WS-CLOSE-CODE",       "close code not allowed")
WS_ERROR(CLOSE_UTF8,       1007, "WS-CLOSE-UTF8",       "close reason is not UTF-8")
WS_ERROR(TEXT_UTF8,        1007, "WS-TEXT-UTF8",        "text is not UTF-8")
WS_ERROR(DEFLATE,          1007, "WS-DEFLATE",          "compressed data is broken")
WS_ERROR(TOO_BIG,          1009, "WS-TOO-BIG",          "message too big")
/* clang-format on */
