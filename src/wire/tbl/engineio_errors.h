/* engineio_errors.h - why a request of Engine.IO is refused, with the code a client is told.
 *
 * EIO_ERROR(NAME, code, HTTP status, message); codes and messages are those of the reference
 * implementation (the protocol's text asks for the status 400 only), in the order of their codes. */

/* clang-format off */
EIO_ERROR(TRANSPORT, 0, 400, "Transport unknown")
EIO_ERROR(SID,       1, 400, "Session ID unknown")
EIO_ERROR(METHOD,    2, 400, "Bad handshake method")
EIO_ERROR(REQUEST,   3, 400, "Bad request")
EIO_ERROR(FORBIDDEN, 4, 403, "Forbidden")
EIO_ERROR(VERSION,   5, 400, "Unsupported protocol version")
/* clang-format on */
