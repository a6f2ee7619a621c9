/* socketio_errors.h - what a peer can do wrong in Socket.IO; each of it ends the connection.
 *
 * SIO_ERROR(NAME, stable id for logs and metrics, reason in words) */

/* clang-format off */
SIO_ERROR(EMPTY,             "SIO-EMPTY",             "a message without a packet")
SIO_ERROR(TOO_BIG,           "SIO-TOO-BIG",           "packet and attachments too big")
SIO_ERROR(TYPE,              "SIO-TYPE",              "unknown packet type")
SIO_ERROR(ATTACHMENTS,       "SIO-ATTACHMENTS",       "count of attachments missing, zero or no integer")
SIO_ERROR(ATTACHMENTS_MAX,   "SIO-ATTACHMENTS-MAX",   "too many attachments")
SIO_ERROR(NSP,               "SIO-NSP",               "namespace too long or not clean text")
SIO_ERROR(ACK_ID,            "SIO-ACK-ID",            "ack id over 2^53-1, missing or out of place")
SIO_ERROR(JSON,              "SIO-JSON",              "payload is not one JSON value")
SIO_ERROR(UTF8,              "SIO-UTF8",              "payload is not UTF-8")
SIO_ERROR(DEPTH,             "SIO-DEPTH",             "payload nested too deep")
SIO_ERROR(CONNECT_PAYLOAD,   "SIO-CONNECT-PAYLOAD",   "payload of CONNECT is no object")
SIO_ERROR(DISCONNECT_PAYLOAD, "SIO-DISCONNECT-PAYLOAD", "DISCONNECT with a payload")
SIO_ERROR(EVENT_PAYLOAD,     "SIO-EVENT-PAYLOAD",     "payload of an event is no array")
SIO_ERROR(EVENT_NAME,        "SIO-EVENT-NAME",        "name of an event is no string or number")
SIO_ERROR(EVENT_RESERVED,    "SIO-EVENT-RESERVED",    "name of an event is reserved")
SIO_ERROR(ACK_PAYLOAD,       "SIO-ACK-PAYLOAD",       "payload of an ack is no array")
SIO_ERROR(REFUSAL_PAYLOAD,   "SIO-REFUSAL-PAYLOAD",   "payload of CONNECT_ERROR is no object or string")
SIO_ERROR(PLACEHOLDERS,      "SIO-PLACEHOLDERS",      "placeholders do not match the attachments")
SIO_ERROR(FIRST,             "SIO-FIRST",             "the first packet must be CONNECT")
SIO_ERROR(CONNECT_TWICE,     "SIO-CONNECT-TWICE",     "CONNECT to a joined namespace")
SIO_ERROR(NOT_JOINED,        "SIO-NOT-JOINED",        "packet to a namespace that is not joined")
SIO_ERROR(CONNECT_ERROR,     "SIO-CONNECT-ERROR",     "CONNECT_ERROR is a server's packet")
SIO_ERROR(BINARY_UNASKED,    "SIO-BINARY-UNASKED",    "binary message that no packet announced")
SIO_ERROR(TEXT_INSIDE,       "SIO-TEXT-INSIDE",       "text while attachments are due")
/* clang-format on */
